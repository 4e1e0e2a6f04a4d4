import type { ByteSource } from '../byte-source.ts';
import { crc32 } from './crc32.ts';
import { type ArchiveEntry, ArchiveError } from './entry.ts';
import { zipContentStart } from './read-zip.ts';

/** What is taken out of an archive here is in memory; larger things are had by downloading the archive. */
const MAX_ENTRY_BYTES = 256 * 1024 * 1024;

export function isTakeable({ kind, sizeBytes, content }: ArchiveEntry): boolean {
  // What says that it is small may lie packed in much more.
  const most = Math.max(content?.packedBytes ?? 0, sizeBytes ?? Number.POSITIVE_INFINITY);
  return kind === 'file' && content !== null && most <= MAX_ENTRY_BYTES;
}

/** The bytes of an entry, of a zip compared with the checksum that it has of them. */
export async function takeEntry(
  source: ByteSource,
  { content, sizeBytes }: ArchiveEntry,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (content === null) {
    throw new ArchiveError('It is packed in a way that is not known here: download the archive.');
  }
  const { offset, packedBytes, method, hasZipHeader } = content;
  const start = hasZipHeader ? await zipContentStart(source, offset, signal) : offset;
  const packed =
    packedBytes === 0 ? new Uint8Array() : (await source.read(start, start + packedBytes, signal)).bytes;
  if (packed.length < packedBytes) {
    throw new ArchiveError('The archive breaks off within this entry.');
  }
  const bytes = method === 'stored' ? new Uint8Array(packed) : await inflate(packed, sizeBytes ?? 0);
  const isRight = bytes.length === sizeBytes && (content.crc32 === null || content.crc32 === crc32(bytes));
  if (!isRight) {
    throw new ArchiveError('Its bytes are not those that were packed: the archive is damaged.');
  }
  return bytes;
}

/** No further than it says: a small entry can unpack to any size. */
async function inflate(packed: Uint8Array, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const unpacked = new Uint8Array(sizeBytes);
  const reader = new Blob([packed as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
    .getReader();
  let filled = 0;
  while (true) {
    const { value, done } = await reader.read();
    if (done) {
      return unpacked.subarray(0, filled);
    }
    if (filled + value.length > sizeBytes) {
      await reader.cancel();
      throw new ArchiveError('It is longer than it says: the archive is damaged.');
    }
    unpacked.set(value, filled);
    filled += value.length;
  }
}
