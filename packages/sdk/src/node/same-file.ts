import { open } from 'node:fs/promises';
import type { FileObject } from '@quarry/contract';
import { sha512Of } from './checksum.ts';
import { openHash } from './hash-thread.ts';

const PIECE_BYTES = 1024 * 1024;

/** The SHA-512 of what lies at `path` when it is that of `file`, else null; hashed only when the size agrees. */
export async function sameDigest(
  path: string,
  file: FileObject,
  signal?: AbortSignal,
): Promise<string | null> {
  const stated = sha512Of(file);
  if (stated === null) return null;
  const handle = await open(path, 'r').catch(() => null);
  if (handle === null) return null;
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size !== file.decryptedSize) return null;
    using hash = openHash(facts.size);
    const memories = [0, 1].map(() => new SharedArrayBuffer(Math.min(PIECE_BYTES, Math.max(1, facts.size))));
    let hashed: Promise<void> = Promise.resolve();
    for (let turn = 0; ; turn = 1 - turn) {
      signal?.throwIfAborted();
      // The other piece may still be hashed while this one is read.
      const memory = memories[turn]!;
      const { bytesRead } = await handle.read(new Uint8Array(memory));
      await hashed;
      if (bytesRead === 0) break;
      hashed = hash.update(memory, 0, bytesRead);
    }
    const digest = await hash.digest();
    return digest === stated ? digest : null;
  } finally {
    await handle.close();
  }
}
