declare module 'unbzip2-stream/lib/bit_iterator.js' {
  export interface BitReader {
    (count: number | null): number;
    bytesRead: number;
  }
  export default function makeBitReader(nextBuffer: () => Buffer): BitReader;
}

declare module 'unbzip2-stream/lib/bzip2.js' {
  import type { BitReader } from 'unbzip2-stream/lib/bit_iterator.js';

  const bzip2: {
    /** The block size in units of 100,000 bytes. */
    header(bits: BitReader): number;
    /** The running check sum, or null at the end of a stream whose sum was right. */
    decompress(
      bits: BitReader,
      onByte: (byte: number) => void,
      table: Int32Array,
      tableLength: number,
      crc: number | null,
    ): number | null;
  };
  export default bzip2;
}
