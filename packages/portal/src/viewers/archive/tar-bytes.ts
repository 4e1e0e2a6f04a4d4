import { Blocks } from '../blocks.ts';
import type { ByteSource } from '../byte-source.ts';
import { ArchiveError } from './entry.ts';
import type { TarBytes } from './read-tar.ts';

/** Requests for the headers of a tar, each of which may lie far from the one before. */
const MAX_READ_BYTES = 128 * 1024 * 1024;
/** Packed bytes that are unpacked to list what is in them. */
const MAX_PACKED_BYTES = 64 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** A tar as it lies: only the blocks that have headers are read. */
export async function plainTar(source: ByteSource): Promise<TarBytes> {
  const counted = { bytes: 0 };
  const blocks = new Blocks({
    key: source.key,
    read: async (start, end, signal) => {
      const read = await source.read(start, end, signal);
      counted.bytes += read.bytes.length;
      return read;
    },
  });
  const size = await blocks.measure();
  let position = 0;
  return {
    get position() {
      return position;
    },
    get isSpent() {
      return counted.bytes > MAX_READ_BYTES;
    },
    take: async (count) => {
      const taken = await blocks.read(position, Math.min(position + count, size));
      position += taken.length;
      return taken;
    },
    skip: async (count) => {
      position += count;
      if (position > size) {
        throw brokenOff();
      }
    },
  };
}

/** A tar that gzip has packed, unpacked as it comes; kept is only what is looked at. */
export function gzippedTar(source: ByteSource, signal: AbortSignal): TarBytes & { close(): Promise<void> } {
  let packed = 0;
  let position = 0;
  let size = Number.POSITIVE_INFINITY;
  const reader = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: async (controller) => {
      const read = await source.read(packed, packed + CHUNK_BYTES, signal);
      packed += read.bytes.length;
      ({ size } = read);
      if (read.bytes.length > 0) {
        controller.enqueue(read.bytes as Uint8Array<ArrayBuffer>);
      }
      if (read.bytes.length === 0 || packed >= size) {
        controller.close();
      }
    },
  })
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader();
  let rest = new Uint8Array();
  /** The next bytes, as many as there are at once; none at the end. */
  const next = async (): Promise<Uint8Array> => {
    if (rest.length === 0) {
      const { value } = await reader.read();
      rest = new Uint8Array(value ?? []);
    }
    return rest;
  };
  const drop = (count: number) => {
    rest = rest.subarray(count);
    position += count;
  };
  return {
    get position() {
      return position;
    },
    get isSpent() {
      return packed > MAX_PACKED_BYTES || position > MAX_UNPACKED_BYTES;
    },
    take: async (count) => {
      const taken = new Uint8Array(count);
      let filled = 0;
      while (filled < count) {
        const part = (await next()).subarray(0, count - filled);
        if (part.length === 0) {
          break;
        }
        taken.set(part, filled);
        filled += part.length;
        drop(part.length);
      }
      return taken.subarray(0, filled);
    },
    skip: async (count) => {
      for (let left = count; left > 0; ) {
        const part = (await next()).subarray(0, left);
        if (part.length === 0) {
          throw brokenOff();
        }
        if (packed > MAX_PACKED_BYTES || position > MAX_UNPACKED_BYTES) {
          return;
        }
        left -= part.length;
        drop(part.length);
      }
    },
    close: () => reader.cancel().catch(() => undefined),
  };
}

function brokenOff(): ArchiveError {
  return new ArchiveError('It breaks off within an entry.');
}
