import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileObject, Job, JobDefinition, Quarry } from '@quarry/sdk';
import { uploadPath } from '@quarry/sdk/node';
import type { Io } from '../io.ts';
import type { PlannedInput } from './inputs.ts';
import type { Plan } from './plan.ts';
import { zipFolder } from './zip-folder.ts';

/** Uploads the inputs and creates the job; when the platform refuses the job, the uploads are taken back. */
export async function createPlannedJob(plan: Plan, sdk: Quarry, io: Io, signal: AbortSignal): Promise<Job> {
  const uploaded: { input: PlannedInput; file: FileObject }[] = [];
  try {
    for (const input of plan.inputs) {
      uploaded.push({ input, file: await uploadInput(input, sdk, io, signal) });
    }
    const definition: JobDefinition = {
      ...plan.definition,
      jobanalyses: plan.definition.jobanalyses.map((tile, index) => ({
        ...tile,
        inputFiles: [
          ...(tile.inputFiles ?? []),
          ...uploaded
            .filter(({ input }) => input.tile === index)
            .map(({ input, file }) => ({ id: file.id, decompress: input.decompress })),
        ],
      })),
    };
    return await sdk.jobs.create(definition, { signal });
  } catch (error) {
    await takeBack(
      uploaded.map(({ file }) => file.id),
      sdk,
      io,
    );
    throw error;
  }
}

async function uploadInput(
  input: PlannedInput,
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<FileObject> {
  if (!input.isFolder) return uploadWithProgress(input.path, input.name, sdk, io, signal);
  const temporary = await mkdtemp(join(tmpdir(), 'quarry-input-'));
  try {
    const archive = join(temporary, input.name);
    await zipFolder(input.path, archive, signal);
    return await uploadWithProgress(archive, input.name, sdk, io, signal);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Uploads one file from this machine's disk under a name, with a progress bar. */
export async function uploadWithProgress(
  path: string,
  name: string,
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<FileObject> {
  const progress = io.progress({ label: name, done: 'Uploaded' });
  try {
    const file = await uploadPath(sdk, path, {
      name,
      signal,
      onProgress: ({ transferredBytes, totalBytes }) =>
        progress.update(transferredBytes, totalBytes ?? undefined),
    });
    progress.finish();
    return file;
  } catch (error) {
    progress.abandon();
    throw error;
  }
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
