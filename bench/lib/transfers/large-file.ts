import { createHash, randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';

const PIECE_BYTES = 2 ** 20;

/** Writes random bytes, synced to disk; answers their SHA-512. */
export async function writeRandom(path: string, bytes: number): Promise<string> {
  await using handle = await open(path, 'w');
  const hash = createHash('sha512');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let written = 0; written < bytes; written += PIECE_BYTES) {
    const part = piece.subarray(0, Math.min(PIECE_BYTES, bytes - written));
    randomFillSync(part);
    hash.update(part);
    await handle.write(part);
  }
  await handle.sync();
  return hash.digest('hex');
}

/** SHA-512 of a file, read in one thread and in pieces of a mebibyte. */
export async function hashFile(path: string): Promise<string> {
  await using handle = await open(path);
  const hash = createHash('sha512');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) {
      return hash.digest('hex');
    }
    hash.update(piece.subarray(0, bytesRead));
  }
}

/** Throws unless a file has a digest. */
export async function checkDigest(path: string, sha512: string): Promise<void> {
  const found = await hashFile(path);
  if (found !== sha512) {
    throw new Error(`${path} arrived with other bytes than were sent.`);
  }
}

/** Waits until a file is on the disk. */
export async function syncFile(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}
