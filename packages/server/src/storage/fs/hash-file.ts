import { open } from 'node:fs/promises';
import type { HashThreads } from '../hash-threads.ts';

const BLOCK_BYTES = 1024 * 1024;

/** SHA-512 and size of a file, read in the background while another thread hashes. Errors of the system pass unchanged. */
export async function hashFile(
  path: string,
  threads: HashThreads,
  signal?: AbortSignal,
): Promise<{ sha512: string; sizeBytes: number }> {
  await using handle = await open(path, 'r');
  const hash = threads.open();
  // Two blocks: one is read while the other is hashed.
  const blocks = [new SharedArrayBuffer(BLOCK_BYTES), new SharedArrayBuffer(BLOCK_BYTES)];
  let hashing: Promise<void> = Promise.resolve();
  let sizeBytes = 0;
  try {
    for (let turn = 0; ; turn += 1) {
      signal?.throwIfAborted();
      const block = blocks[turn % 2]!;
      const { bytesRead } = await handle.read(new Uint8Array(block), 0, BLOCK_BYTES, sizeBytes);
      await hashing;
      if (bytesRead === 0) {
        break;
      }
      sizeBytes += bytesRead;
      hashing = hash.update(block, bytesRead);
      hashing.catch(() => undefined);
    }
    return { sha512: await hash.digest(), sizeBytes };
  } finally {
    hash.abandon();
  }
}
