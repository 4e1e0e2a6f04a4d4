import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { usageError } from '../errors.ts';
import type { Attachment, LocalInput } from './draft.ts';

/** A file or folder of this machine that was looked at and can be uploaded. */
export interface PlannedInput {
  tile: number;
  path: string;
  /** Name of the uploaded file; a folder travels as a zip archive. */
  name: string;
  sizeBytes: number | null;
  isFolder: boolean;
  decompress: boolean;
  /** Patterns of what is left out of a folder. */
  exclude: readonly string[];
}

/** A file that was looked at and can be uploaded, under its own name. */
export type PlannedAttachment = Attachment & { name: string; sizeBytes: number };

/** Looks at every input before any work is done; two that would land on the same name are refused. */
export async function checkInputs(perTile: readonly (readonly LocalInput[])[]): Promise<PlannedInput[]> {
  const inputs: PlannedInput[] = [];
  for (const [tile, locals] of perTile.entries()) {
    for (const local of locals) {
      inputs.push(await checkInput(local, tile));
    }
  }
  if (inputs.some(({ exclude }) => exclude.length > 0) && !inputs.some(({ isFolder }) => isFolder)) {
    throw usageError(
      '--exclude leaves files out of folders, and no input is one.',
      'Leave it out, or give the folder as --input.',
    );
  }
  const byName = new Map<string, string>();
  for (const { name, path } of inputs) {
    const other = byName.get(name);
    if (other !== undefined) {
      throw usageError(
        `${other} and ${path} would both become ${name} in the job's directory.`,
        'Rename one of them, or put them into a folder and give the folder as --input.',
      );
    }
    byName.set(name, path);
  }
  return inputs;
}

/** Looks at every attachment; scripts come to lie beside the inputs, so their names must differ. */
export async function checkAttachments(
  attachments: readonly Attachment[],
  inputs: readonly PlannedInput[],
): Promise<PlannedAttachment[]> {
  const planned: PlannedAttachment[] = [];
  for (const attachment of attachments) {
    const { path } = attachment;
    const found = await stat(path);
    if (!found.isFile()) {
      throw usageError(`${path} is not a file.`);
    }
    const name = basename(resolve(path));
    const isScript = attachment.use === 'preProcessScript' || attachment.use === 'postProcessScript';
    const input = inputs.find((each) => isScript && each.tile === attachment.tile && each.name === name);
    if (input) {
      throw usageError(
        `${path} and the input ${input.path} would both become ${name} in the job's directory.`,
        'Rename one of them; a script need not be an --input as well.',
      );
    }
    planned.push({ ...attachment, name, sizeBytes: found.size });
  }
  return planned;
}

async function checkInput(
  { path, name, decompress, exclude = [] }: LocalInput,
  tile: number,
): Promise<PlannedInput> {
  const found = await stat(path);
  const own = basename(resolve(path));
  if (found.isDirectory()) {
    // "/" has no name of its own.
    if (own === '') {
      throw usageError(`${path} cannot be an input as a whole.`, 'Name a folder inside it.');
    }
    return { tile, path, name: `${own}.zip`, sizeBytes: null, isFolder: true, decompress: true, exclude };
  }
  if (!found.isFile()) {
    throw usageError(`${path} is neither a file nor a folder.`);
  }
  return { tile, path, name: name ?? own, sizeBytes: found.size, isFolder: false, decompress, exclude };
}
