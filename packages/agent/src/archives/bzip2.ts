import makeBitReader, { type BitReader } from 'unbzip2-stream/lib/bit_iterator.js';
import bzip2 from 'unbzip2-stream/lib/bzip2.js';

const HEADER_BYTES = 4;
const BLOCK_UNIT = 100_000;
/** What a block may take beyond its nominal size: tables and padding. */
const BLOCK_MARGIN = 25_000;

/**
 * Expands bzip2 block by block. The library's own stream expands all that it has been given without waiting for
 * its reader, and a few kilobytes can hold gigabytes.
 */
export async function* expandBzip2(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const queue: Buffer[] = [];
  let receivedBytes = 0;
  let blockSize = 0;
  let crc: number | null = null;
  // The reader takes its first bytes when it is made.
  let bits: BitReader | null = null;
  const nextBytes = () => {
    const next = queue.shift();
    if (next === undefined) {
      throw new Error('it ends too early');
    }
    return next;
  };

  function* expandWhile(enough: () => boolean): Generator<Buffer> {
    while (enough()) {
      bits ??= makeBitReader(nextBytes);
      if (blockSize === 0) {
        blockSize = bzip2.header(bits);
        crc = 0;
        continue;
      }
      const bytes: number[] = [];
      const table = new Int32Array(BLOCK_UNIT * blockSize);
      crc = bzip2.decompress(bits, (byte) => bytes.push(byte), table, table.length, crc);
      if (crc === null) {
        // The end of one stream; another may follow, as parallel compressors write them.
        blockSize = 0;
      } else {
        yield Buffer.from(bytes);
      }
    }
  }

  const available = () => receivedBytes - (bits?.bytesRead ?? 0);
  for await (const chunk of source) {
    queue.push(chunk);
    receivedBytes += chunk.length;
    yield* expandWhile(
      () => available() + 1 >= (blockSize === 0 ? HEADER_BYTES : BLOCK_MARGIN + BLOCK_UNIT * blockSize),
    );
  }
  yield* expandWhile(() => available() > 0);
  if (crc !== null) {
    throw new Error('it ends too early');
  }
}
