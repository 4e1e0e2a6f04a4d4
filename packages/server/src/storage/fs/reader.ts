import type { FileHandle } from 'node:fs/promises';
import type { BlobReader } from '../storage.ts';

/** An open file for a reader that brings its own memory; closing the reader closes the file. */
export async function readerOf(handle: FileHandle): Promise<BlobReader> {
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: async (into, position) => (await handle.read(into, 0, into.byteLength, position)).bytesRead,
    close: () => handle.close(),
  };
}
