/** Blobs as the tests of the file store make and look at them. */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobStat, HeldBlob, LocalFile, Storage } from '../../src/storage/storage.ts';

export async function* chunksOf(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Takes over one file, and throws what speaks against it. */
export async function adoptOne(storage: Storage, path: string, expected: BlobStat): Promise<HeldBlob> {
  const [result] = await storage.adopt([localFile(path, expected)]);
  if (result!.status === 'rejected') {
    throw result!.reason;
  }
  return result!.value;
}

/** A file in a directory that only the test changes, as the store takes it over. */
export function localFile(path: string, { sha512, sizeBytes }: BlobStat): LocalFile {
  return { directory: dirname(path), path: basename(path), sha512, sizeBytes, stamp: null };
}

export function sha512Of(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('hex');
}

/** Everything the store lists. */
export async function listed(storage: Storage): Promise<BlobStat[]> {
  const blobs: BlobStat[] = [];
  for await (const blob of storage.list()) {
    blobs.push(blob);
  }
  return blobs;
}

/** A blob, or a range of it with both ends included. */
export async function read(
  storage: Storage,
  sha512: string,
  range?: { start: number; end: number },
): Promise<Buffer> {
  return await collect(await storage.open(sha512, range));
}

/** All that a stream gives. */
export async function collect(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}
