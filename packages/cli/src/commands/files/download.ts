import { join } from 'node:path';
import { type DownloadedFile, downloadFile } from '@quarry/sdk/node';
import { argumentsList, defineCommand, flag, text } from '../../command.ts';
import { usageError } from '../../errors.ts';
import {
  downloadOutputs,
  explainExisting,
  printDownloads,
  type SavedFile,
  toSavedFile,
} from '../../follow/download-outputs.ts';
import type { Io } from '../../io.ts';

export default defineCommand({
  details:
    'Every file is verified against the SHA-512 that the platform states before it gets its name. Files that are ' +
    'there already are refused without --force.',
  arguments: { files: argumentsList('[file...]', 'ids of files') },
  options: {
    job: text('--job <job>', 'all outputs of this job'),
    search: text('--search <text>', 'with --job: only names that contain this'),
    output: text('--output <folder>', 'where to; the current folder unless told otherwise'),
    force: flag('--force', 'replace files that are there already'),
  },
  examples: [
    { command: 'quarry files download abcDEF ghiJKL --output results', says: 'Two files into a folder' },
    { command: 'quarry files download --job abcDEF --output results', says: 'Everything a job has put out' },
  ],
  async run({ files, job, search, output, force }, { sdk, io, signal }) {
    if ((files.length === 0) === (job === undefined)) {
      throw usageError('Name files by their ids, or a job with --job, and not both.');
    }
    const folder = output ?? '.';
    const limits = { overwrite: force, signal };
    if (job !== undefined) {
      return downloadOutputs(job, folder, { ...limits, ...(search !== undefined && { search }) }, sdk, io);
    }
    const saved: SavedFile[] = [];
    for (const id of files) {
      const { name } = await sdk.files.get(id, { signal });
      saved.push(
        await withProgress(io, name, (onProgress) =>
          downloadFile(sdk, id, join(folder, safeName(name)), { ...limits, onProgress }),
        ),
      );
    }
    return saved;
  },
  present(saved, io) {
    printDownloads(saved, io);
  },
});

async function withProgress(
  io: Io,
  label: string,
  download: (
    onProgress: (progress: { transferredBytes: number; totalBytes: number | null }) => void,
  ) => Promise<DownloadedFile>,
): Promise<SavedFile> {
  const bar = io.progress({ label, done: 'Downloaded' });
  try {
    const file = await download(({ transferredBytes, totalBytes }) =>
      bar.update(transferredBytes, totalBytes ?? undefined),
    );
    bar.update(file.sizeBytes, file.sizeBytes);
    bar.finish();
    return toSavedFile(file);
  } catch (error) {
    bar.abandon();
    throw explainExisting(error);
  }
}

/** A name from the platform as one that stays in its folder on every system. */
function safeName(name: string): string {
  const base = name
    .split(/[/\\]/)
    .at(-1)!
    .replace(/[\u0000-\u001f\u007f:]/g, '_');
  return base === '' || base === '.' || base === '..' ? '_' : base;
}
