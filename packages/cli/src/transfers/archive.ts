/** Saves an archive that the platform writes while it is read. */
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { choice, flag, text } from '../command.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { formatBytes } from '../output/human.ts';
import { printable } from '../output/printable.ts';
import { writeStream } from '../output/write-stream.ts';

const STDOUT = '-';
/** What a name would promise that is not so. */
const OTHER_ARCHIVE = /\.(gz|tgz|bz2|tbz2?|xz|txz|zst|7z|rar)$/i;

export const archiveOptions = {
  output: text('--output <file>', 'where to; - is standard output'),
  format: choice('--format <format>', 'what it is; by the name of the file when absent', ['zip', 'tar']),
  force: flag('--force', 'replace the file when it is there'),
};

export interface ArchiveWish {
  output: string | undefined;
  format: string | undefined;
  force: boolean;
}

/** What `--json` prints. */
export interface SavedArchive {
  path: string;
  format: 'zip' | 'tar';
  sizeBytes: number;
}

/** Where an archive is to go, and as what. Refuses a file that is there. */
export async function placeOf(
  { output, format, force }: ArchiveWish,
  name: string,
  io: Io,
): Promise<{ path: string; format: 'zip' | 'tar' }> {
  const ofName = /\.(zip|tar)$/i.exec(output ?? '')?.[1]?.toLowerCase();
  if (format === undefined && ofName === undefined && OTHER_ARCHIVE.test(output ?? '')) {
    throw usageError(
      `${output} is not the name of a zip or tar, and archives are of no other kind.`,
      'Name it .zip or .tar, or choose one by --format.',
    );
  }
  const chosen = (format ?? ofName ?? 'zip') as 'zip' | 'tar';
  const path = output ?? `${name}.${chosen}`;
  if (path === STDOUT) {
    if (io.json) {
      throw usageError('--output - and --json would both go to standard output.', 'Name a file.');
    }
    return { path, format: chosen };
  }
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) {
    throw usageError(`${path} is a folder, not a file.`, `Name a file in it: ${path}/${name}.${chosen}`);
  }
  if (found && !force) {
    throw usageError(`${path} is there already.`, 'Replace it with --force, or name another with --output.');
  }
  return { path, format: chosen };
}

/** The file gets its name when the archive is whole. */
export async function saveArchive(
  place: { path: string; format: 'zip' | 'tar' },
  { body }: Response,
  io: Io,
  signal: AbortSignal,
): Promise<SavedArchive> {
  let sizeBytes = 0;
  const bytes = async function* () {
    for await (const piece of body ?? []) {
      sizeBytes += piece.byteLength;
      yield piece;
    }
  };
  if (place.path === STDOUT) {
    await writeStream(bytes(), io, signal);
    return { ...place, sizeBytes };
  }
  const partial = `${place.path}.${process.pid}.partial`;
  try {
    await pipeline(bytes, createWriteStream(partial), { signal });
    await rename(partial, place.path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { ...place, sizeBytes };
}

export function printArchive({ path, sizeBytes }: SavedArchive, io: Io): void {
  if (path !== STDOUT) {
    io.print(`Saved ${printable(path)} (${formatBytes(sizeBytes)})`);
  }
}
