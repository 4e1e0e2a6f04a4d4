import type { FileObject, JobDefinition } from '@quarry/sdk';
import type { PlannedAttachment } from './inputs.ts';

/** A file of this machine, and what stands for it on the platform. */
export interface Attached {
  attachment: PlannedAttachment;
  file: Pick<FileObject, 'id'>;
}

/** Names files in a definition, each where its purpose has its place. */
export function attach(definition: JobDefinition, attached: readonly Attached[]): void {
  for (const { attachment, file } of attached) {
    const reference = { id: file.id };
    if (attachment.use === 'paramFile' || attachment.use === 'caseFile') {
      definition[attachment.use] = reference;
      continue;
    }
    const tile = definition.jobanalyses[attachment.tile]!;
    if (attachment.use !== 'template') {
      tile[attachment.use] = reference;
    } else {
      const { processedFilename } = attachment;
      tile.templateTasks = [...(tile.templateTasks ?? []), { processedFilename, templateFile: reference }];
    }
  }
}
