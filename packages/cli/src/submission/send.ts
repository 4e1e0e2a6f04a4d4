import { basename, resolve } from 'node:path';
import type { FileObject, Job, JobDefinition, Quarry } from '@quarry/sdk';
import { uploadPath, uploadPaths } from '@quarry/sdk/node';
import type { Io } from '../io.ts';
import { showTransfer } from '../transfers/transfer.ts';
import { type Attached, attach } from './attach.ts';
import type { PlannedAttachment, PlannedInput } from './inputs.ts';
import type { Plan } from './plan.ts';

/** An input that was uploaded, and how a job names it. */
export interface UploadedInput {
  name: string;
  reference: { id: string; decompress: boolean };
}

/** Uploads inputs for what `use` does with them; when that fails, the uploads are taken back. */
export async function withUploaded<Result>(
  inputs: readonly PlannedInput[],
  { sdk, io, signal }: { sdk: Quarry; io: Io; signal: AbortSignal },
  use: (uploaded: UploadedInput[]) => Promise<Result>,
): Promise<Result> {
  const uploaded: Uploaded[] = [];
  try {
    await uploadInputs(inputs, uploaded, sdk, io, signal);
    return await use(
      inOrder(uploaded, inputs).map(({ input, file }) => ({
        name: input.name,
        reference: { id: file.id, decompress: input.decompress },
      })),
    );
  } catch (error) {
    const ids = uploaded.map(({ file }) => file.id);
    await takeBack([...new Set(ids)], sdk, io);
    throw error;
  }
}

/** Uploads the files and creates the job; when the platform refuses the job, the uploads are taken back. */
export async function createPlannedJob(plan: Plan, sdk: Quarry, io: Io, signal: AbortSignal): Promise<Job> {
  const uploaded: Uploaded[] = [];
  const attached: Attached[] = [];
  try {
    await uploadInputs(plan.inputs, uploaded, sdk, io, signal);
    await uploadAttachments(plan.attachments, attached, sdk, io, signal);
    const definition: JobDefinition = {
      ...plan.definition,
      jobanalyses: plan.definition.jobanalyses.map((tile, index) => ({
        ...tile,
        inputFiles: [
          ...(tile.inputFiles ?? []),
          ...inOrder(uploaded, plan.inputs)
            .filter(({ input }) => input.tile === index)
            .map(({ input, file }) => ({ id: file.id, decompress: input.decompress })),
        ],
      })),
    };
    attach(definition, attached);
    return await sdk.jobs.create(definition, { signal });
  } catch (error) {
    const ids = [...uploaded, ...attached].map(({ file }) => file.id);
    await takeBack([...new Set(ids)], sdk, io);
    throw error;
  }
}

interface Uploaded {
  input: PlannedInput;
  file: FileObject;
}

function inOrder(uploaded: readonly Uploaded[], inputs: readonly PlannedInput[]): Uploaded[] {
  return uploaded.toSorted((a, b) => inputs.indexOf(a.input) - inputs.indexOf(b.input));
}

/** Files that keep their name go together, under one budget of connections; what is stored stands in `uploaded` at once. */
async function uploadInputs(
  inputs: readonly PlannedInput[],
  uploaded: Uploaded[],
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const keepsName = ({ path, name, isFolder }: PlannedInput) => !isFolder && name === basename(resolve(path));
  const together = new Map(inputs.filter(keepsName).map((input) => [input.path, input]));
  if (together.size > 1) {
    await showTransfer({ direction: 'up', folder: '.' }, io, (transfer) =>
      uploadPaths(sdk, [...together.keys()], {
        signal,
        onListed: ({ files, bytes }) => transfer.expect(files, bytes),
        onEvent: transfer.take,
        onFile: ({ path, file }) => uploaded.push({ input: together.get(path)!, file }),
      }),
    );
  }
  for (const input of inputs) {
    if (together.size > 1 && together.get(input.path) === input) {
      continue;
    }
    uploaded.push({ input, file: await uploadInput(input, sdk, io, signal) });
  }
}

/** Uploads each file once for each purpose, however often it is named; what is stored stands in `attached` at once. */
async function uploadAttachments(
  attachments: readonly PlannedAttachment[],
  attached: Attached[],
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  for (const attachment of attachments) {
    const { path, name, use } = attachment;
    const typeId = TYPE_ID[use];
    const same = attached.find(
      (each) => each.attachment.path === path && TYPE_ID[each.attachment.use] === typeId,
    );
    const file = same?.file ?? (await uploadWithProgress(path, name, sdk, io, signal, typeId));
    attached.push({ attachment, file });
  }
}

/** The `typeId` that a file of each purpose is uploaded with. */
const TYPE_ID = {
  template: 2,
  paramFile: 3,
  preProcessScript: 4,
  postProcessScript: 4,
  caseFile: 8,
} as const;

async function uploadInput(
  input: PlannedInput,
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<FileObject> {
  if (!input.isFolder) {
    return uploadWithProgress(input.path, input.name, sdk, io, signal);
  }
  return showTransfer({ direction: 'up', label: input.name }, io, async (transfer) => {
    const onLeftOut = ({ message }: Error) => io.above(() => io.warn(`${message} It was left out.`));
    const options = {
      zip: input.name,
      exclude: [...input.exclude],
      signal,
      onEvent: transfer.take,
      onLeftOut,
    };
    const [uploaded] = await uploadPaths(sdk, [input.path], options);
    return uploaded!.file;
  });
}

/** Uploads one file from this machine's disk under a name, and shows how far it is. */
async function uploadWithProgress(
  path: string,
  name: string,
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
  typeId?: number,
): Promise<FileObject> {
  return showTransfer({ direction: 'up', label: name }, io, (transfer) =>
    uploadPath(sdk, path, { name, signal, ...(typeId !== undefined && { typeId }), onEvent: transfer.take }),
  );
}

async function takeBack(fileIds: readonly string[], sdk: Quarry, io: Io): Promise<void> {
  for (const id of fileIds) {
    try {
      await sdk.files.delete(id);
    } catch (error) {
      io.detail(`The uploaded file ${id} could not be removed again: ${(error as Error).message}`);
    }
  }
}
