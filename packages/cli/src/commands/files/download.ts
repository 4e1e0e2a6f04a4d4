import { basename, join } from 'node:path';
import type { FileObject, OnProgress, Quarry } from '@quarry/sdk';
import { type DownloadedFile, downloadFile, safePath } from '@quarry/sdk/node';
import { aboutFile } from '../../about-file.ts';
import { argumentsList, defineCommand, text } from '../../command.ts';
import { refuseFile, usageError } from '../../errors.ts';
import {
  downloadOutputs,
  explainExisting,
  printDownloads,
  type SavedFile,
  toSavedFile,
} from '../../follow/download-outputs.ts';
import type { Io } from '../../io.ts';
import {
  existingOf,
  existingOptions,
  PATTERNS_HELP,
  selectionOptions,
  streamsOption,
} from '../../transfers/options.ts';
import { showTransfer } from '../../transfers/transfer.ts';

export default defineCommand({
  details:
    'Every file is verified against the SHA-512 that the platform states before it gets its name. Files that are ' +
    `there already are refused unless --force or --skip-same says otherwise. ${PATTERNS_HELP}`,
  arguments: { files: argumentsList('[file...]', 'ids of files') },
  options: {
    job: text('--job <job>', 'all outputs of this job'),
    search: text('--search <text>', 'with --job: only names that contain this'),
    output: text('--output <folder>', 'where to; the current folder unless told otherwise'),
    ...selectionOptions,
    ...existingOptions,
    ...streamsOption,
  },
  examples: [
    { command: 'quarry files download abcDEF ghiJKL --output results', says: 'Two files into a folder' },
    { command: 'quarry files download --job abcDEF --output results', says: 'Everything a job has put out' },
    {
      command: "quarry files download --job abcDEF --output results --skip-same --include '*.vtk'",
      says: 'What is missing of one kind',
    },
  ],
  async run({ files, job, search, output, include, exclude, streams, ...wishes }, { sdk, io, signal }) {
    if ((files.length === 0) === (job === undefined)) {
      throw usageError('Name files by their ids, or a job with --job, and not both.');
    }
    const folder = output ?? '.';
    await refuseFile(folder, '--output');
    const existing = existingOf(wishes);
    const each = { signal, ...(streams !== undefined && { streams }) };
    if (job !== undefined) {
      const which = { include, exclude, ...(search !== undefined && { search }) };
      return downloadOutputs(job, folder, { ...each, ...which, existing, events: true }, sdk, io);
    }
    if (search !== undefined || include.length + exclude.length > 0) {
      throw usageError(
        '--search, --include and --exclude choose among the outputs of a job.',
        'Name it with --job.',
      );
    }
    const limits = { ...each, overwrite: existing !== 'refuse' };
    const saved: SavedFile[] = [];
    for (const [target, file] of await placesOf(files, folder, sdk, signal)) {
      const download = (onProgress: OnProgress) =>
        downloadFile(sdk, file.id, target, { ...limits, onProgress });
      saved.push(await withProgress(io, file, download));
    }
    return saved;
  },
  present(saved, io) {
    printDownloads(saved, io);
  },
});

/** Where each file goes; two that would get the same name are refused, since the second would replace the first. */
async function placesOf(
  ids: readonly string[],
  folder: string,
  sdk: Quarry,
  signal: AbortSignal,
): Promise<Map<string, FileObject>> {
  const places = new Map<string, FileObject>();
  for (const id of new Set(ids)) {
    const file = await aboutFile(id, sdk.files.get(id, { signal }));
    const target = join(folder, fileName(file.name));
    const other = places.get(target);
    if (other) {
      throw usageError(
        `${other.id} and ${id} are both called ${file.name}.`,
        'Download them into different folders.',
      );
    }
    places.set(target, file);
  }
  return places;
}

/** The last part of a name, as one that stays in its folder. */
function fileName(name: string): string {
  return basename(safePath(name));
}

/** Until the engine tells events of single files itself. */
async function withProgress(
  io: Io,
  { name: label, decryptedSize: sizeBytes }: FileObject,
  download: (onProgress: OnProgress) => Promise<DownloadedFile>,
): Promise<SavedFile> {
  try {
    return await showTransfer({ direction: 'down', label, events: true }, io, async (transfer) => {
      transfer.take({ type: 'start', path: label, sizeBytes, resumedBytes: 0 });
      const file = await download(({ transferredBytes, totalBytes }) =>
        transfer.take({ type: 'progress', path: label, transferredBytes, sizeBytes: totalBytes ?? 0 }),
      );
      transfer.take({ type: 'done', path: label, sizeBytes: file.sizeBytes, sha512: file.sha512 });
      return toSavedFile(file);
    });
  } catch (error) {
    throw explainExisting(error);
  }
}
