import type { ByteSource } from '../byte-source.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** What is looked at together with the next chunk, so that nothing on the border is missed. */
const OVERLAP_BYTES = 4096;

export interface FindOptions {
  text: string;
  /** The byte to begin behind, or before. */
  from: number;
  isBackwards: boolean;
  size: number;
  signal: AbortSignal;
  /** The share that was looked through, from 0 to 1. */
  onProgress: (share: number) => void;
}

/** Offset of the next place that holds a text, in upper or lower case; null where there is none up to the end of the file. */
export async function findText(source: ByteSource, options: FindOptions): Promise<number | null> {
  const { from, isBackwards, size, signal, onProgress } = options;
  const wanted = options.text.toLowerCase();
  if (wanted === '') {
    return null;
  }
  const total = isBackwards ? from : size - from;
  for (let done = 0; done < total; done += CHUNK_BYTES) {
    signal.throwIfAborted();
    onProgress(done / total);
    const start = isBackwards ? Math.max(0, from - done - CHUNK_BYTES) : from + done;
    const limit = isBackwards ? from : size;
    const end = Math.min(limit, (isBackwards ? from - done : start + CHUNK_BYTES) + OVERLAP_BYTES);
    const { bytes } = await source.read(start, end, signal);
    const index = indexIn(bytes, wanted, isBackwards);
    if (index !== null) {
      return start + index;
    }
  }
  return null;
}

/** One character for each byte, so that its places are those of the bytes. */
const decoder = new TextDecoder('latin1');

function indexIn(bytes: Uint8Array, wanted: string, isBackwards: boolean): number | null {
  const hay = decoder.decode(bytes).toLowerCase();
  const needle = decoder.decode(new TextEncoder().encode(wanted)).toLowerCase();
  const index = isBackwards ? hay.lastIndexOf(needle) : hay.indexOf(needle);
  return index === -1 ? null : index;
}
