import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { usageError } from '../errors.ts';

/** More entries are better packed by hand: one job gets one archive. */
const MOST_ENTRIES = 100_000;

/**
 * Packs a folder into a zip archive whose entries begin with the folder's own name, so that unpacking it where the
 * job runs gives the folder again. Links are followed; modes are kept.
 */
export async function zipFolder(folder: string, archive: string, signal: AbortSignal): Promise<void> {
  const zip = new ZipFile();
  let entries = 0;
  const add = async (path: string, name: string): Promise<void> => {
    const found = await stat(path);
    entries += 1;
    if (entries > MOST_ENTRIES) {
      throw usageError(`${folder} has more than ${MOST_ENTRIES} files.`, 'Pack it into an archive yourself.');
    }
    if (found.isDirectory()) {
      zip.addEmptyDirectory(name, { mtime: found.mtime, mode: found.mode });
      const children = (await readdir(path)).toSorted();
      for (const child of children) await add(join(path, child), `${name}/${child}`);
    } else if (found.isFile()) {
      zip.addFile(path, name, { mtime: found.mtime, mode: found.mode });
    }
  };
  await add(folder, basename(resolve(folder)));
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(archive, { mode: 0o600 }), { signal });
}
