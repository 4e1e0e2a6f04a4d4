import type { Readable } from 'node:stream';
import type { Compression } from './kind.ts';

const MAGIC: [Compression, number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** The compression by the first bytes of a file, whatever its name says; null when there is none that we know. */
export function compressionOf(head: Buffer): Compression | null {
  return MAGIC.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte))?.[0] ?? null;
}

/** Expands a compressed stream, with back-pressure; fails when its end is missing or its sums do not match. */
export async function decompress(source: Readable, compression: Compression): Promise<AsyncIterable<Buffer>> {
  switch (compression) {
    case 'gzip':
    case 'zstd': {
      const { createGunzip, createZstdDecompress } = await import('node:zlib');
      const expander = compression === 'gzip' ? createGunzip() : createZstdDecompress();
      source.on('error', (error) => expander.destroy(error));
      return source.pipe(expander);
    }
    case 'bzip2':
      return (await import('./bzip2.ts')).expandBzip2(source);
    case 'xz': {
      const [{ XzReadableStream }, { Readable: Stream }] = await Promise.all([
        import('xz-decompress').then((module) => module.default ?? module),
        import('node:stream'),
      ]);
      return Stream.fromWeb(new XzReadableStream(Stream.toWeb(source) as ReadableStream) as never);
    }
  }
}
