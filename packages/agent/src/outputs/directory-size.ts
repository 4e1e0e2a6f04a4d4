import { lstatSync, readdirSync } from 'node:fs';

const BLOCK_BYTES = 512;

/** Bytes that a directory and all in it take on the disk; what cannot be looked at counts nothing. Follows no link. */
export function directorySize(path: string): number {
  const seen = new Set<string>();
  const left: Buffer[] = [Buffer.from(path)];
  let blocks = 0;
  for (let current = left.pop(); current !== undefined; current = left.pop()) {
    try {
      const { dev, ino, nlink, blocks: own, ...stats } = lstatSync(current);
      const isDirectory = (stats.mode & FILE_TYPE) === DIRECTORY;
      // A file of several names takes its space once.
      if (!isDirectory && nlink > 1) {
        const id = `${dev}:${ino}`;
        if (seen.has(id)) {
          continue;
        }
        seen.add(id);
      }
      blocks += own;
      if (isDirectory) {
        for (const name of readdirSync(current, { encoding: 'buffer' })) {
          left.push(Buffer.concat([current, SLASH, name]));
        }
      }
    } catch {
      // Too deep, or not ours to look into.
    }
  }
  return blocks * BLOCK_BYTES;
}

const FILE_TYPE = 0o170000;
const DIRECTORY = 0o040000;
const SLASH = Buffer.from('/');
