import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileExistsError, FilesFailedError, type Quarry } from '@quarry/sdk';
import { type DownloadedFile, type DownloadJobOptions, downloadJob } from '@quarry/sdk/node';
import { refuseFile, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { count, formatBytes } from '../output/human.ts';
import { printTable } from '../output/table.ts';
import { howToGoOn } from '../transfers/options.ts';
import { showTransfer } from '../transfers/transfer.ts';

/** A downloaded file as `--json` prints it. */
export interface SavedFile {
  id: string;
  name: string;
  path: string;
  sizeBytes: number;
  sha512: string;
  /** False only where the platform states no SHA-512. */
  verified: boolean;
}

export function toSavedFile({ file, path, sizeBytes, sha512, verified }: DownloadedFile): SavedFile {
  return { id: file.id, name: file.name, path, sizeBytes, sha512, verified };
}

/** Downloads the outputs of a job, and shows how far they are. */
export async function downloadOutputs(
  jobId: string,
  folder: string,
  { events = false, ...options }: DownloadJobOptions & { events?: boolean },
  sdk: Quarry,
  io: Io,
): Promise<SavedFile[]> {
  const goOn = howToGoOn(options, false);
  try {
    return await showTransfer(
      { direction: 'down', label: `outputs of ${jobId}`, folder, events, goOn },
      io,
      async (transfer) => {
        const files = await downloadJob(sdk, jobId, folder, {
          ...options,
          onEvent: transfer.take,
          onListed: ({ files, bytes, isAll }) => transfer.expect(isAll ? files : null, isAll ? bytes : null),
        });
        return files.map(toSavedFile);
      },
    );
  } catch (error) {
    throw explainExisting(error);
  }
}

/** The SDK refuses to replace files; here the way around that is an option. */
export function explainExisting(error: unknown): unknown {
  const isExisting =
    error instanceof FilesFailedError
      ? error.failed.every((each) => each.error instanceof FileExistsError)
      : error instanceof FileExistsError;
  if (!isExisting) {
    return error;
  }
  return usageError(
    (error as Error).message,
    'Choose another folder with --output, leave what is the same with --skip-same, or replace it with --force.',
  );
}

/** Refuses a folder that has something in it, before a job runs for whose outputs it is meant. */
export async function checkFolderIsFree(folder: string): Promise<void> {
  const names = await readdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    if (error.code === 'ENOTDIR') {
      await refuseFile(folder, '--download');
    }
    throw error;
  });
  if (names.length === 0) {
    return;
  }
  throw usageError(
    `${folder} has something in it already (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}).`,
    'Choose a new folder for the outputs with --download.',
  );
}

/** Says what is on disk now, and whether its bytes were verified; with --verbose of each file. */
export function printDownloads(files: readonly Omit<SavedFile, 'id'>[], io: Io): void {
  if (files.length === 0) {
    io.print('There is nothing to download: there are no outputs, or none of those asked for.');
    return;
  }
  if (!io.verbose) {
    io.print(summaryOf(files));
    return;
  }
  printTable(io, files, [
    { header: 'File', value: ({ path }) => path, flexible: true },
    { header: 'Size', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
    { header: 'SHA-512', value: ({ sha512 }) => `${sha512.slice(0, 12)}…` },
    {
      header: 'Verified',
      value: ({ verified }) => (verified ? 'OK' : 'no checksum'),
      style: ({ verified }) => (verified ? 'green' : 'yellow'),
    },
  ]);
}

function summaryOf(files: readonly Omit<SavedFile, 'id'>[]): string {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const unverified = files.filter(({ verified }) => !verified).length;
  const what =
    files.length === 1 ? files[0]!.path : `${count(files.length, 'file')} below ${folderOf(files)}`;
  const how =
    unverified === 0
      ? 'verified by SHA-512'
      : `${files.length - unverified} verified by SHA-512, ${unverified} without a checksum of the platform`;
  return `Saved ${what} (${formatBytes(bytes)}), ${how}.`;
}

/** The folder that all of them lie in. */
function folderOf(files: readonly { path: string }[]): string {
  let parts = dirname(files[0]!.path).split('/');
  for (const { path } of files) {
    const own = dirname(path).split('/');
    const end = parts.findIndex((part, index) => part !== own[index]);
    parts = end === -1 ? parts : parts.slice(0, end);
  }
  return parts.join('/') || (files[0]!.path.startsWith('/') ? '/' : '.');
}
