import type { RunFile } from '../../run-files/run-files.ts';
import {
  fromWholeCharacter,
  JSON_LINE_BYTES,
  jsonBytesBeyondAscii,
  jsonBytesOfByte,
  LinesJson,
} from '../lines-json.ts';

const BLOCK_BYTES = 64 * 1024;
const [LF, CR] = [0x0a, 0x0d];

/** Where the last lines of a file lie. */
export interface LastLines {
  start: number;
  end: number;
  /** `line`: the first is not whole. `lines`: there would have been more. */
  cut: 'line' | 'lines' | null;
}

export interface Wish {
  count: number;
  /** The most that they may take as JSON. */
  jsonBytes: number;
  /** How much is read at once. */
  blockBytes?: number;
}

/** Finds the last lines from the end of the file, so that its size does not matter. It may become shorter meanwhile. */
export async function findLastLines(
  file: Pick<RunFile, 'read'>,
  sizeBytes: number,
  { count, jsonBytes, blockBytes = BLOCK_BYTES }: Wish,
): Promise<LastLines> {
  const block = Buffer.allocUnsafe(Math.max(1, Math.min(blockBytes, sizeBytes)));
  for (let end = sizeBytes; ; ) {
    const found = await scan(end);
    if (typeof found !== 'number') {
      return found;
    }
    end = found;
  }

  /** Answers where the file ends now when that is before `end`. */
  async function scan(end: number): Promise<LastLines | number> {
    /** Where the first line begins that is known to be whole. */
    let whole = end;
    let lines = 0;
    let bytes = 0;
    let behind = -1;
    for (let position = end; position > 0; ) {
      const length = Math.min(block.length, position);
      position -= length;
      const bytesRead = await file.read(block.subarray(0, length), position);
      if (bytesRead < length) {
        return position + bytesRead;
      }
      const piece = block.subarray(0, length);
      const byteBeyondAscii = jsonBytesBeyondAscii(piece);
      for (let index = length - 1; index >= 0; index--) {
        const byte = piece[index]!;
        const at = position + index;
        if (byte === LF || (byte === CR && behind !== LF)) {
          // The end of the last line begins none.
          if (at < end - 1) {
            whole = at + 1;
            bytes += JSON_LINE_BYTES;
            if (++lines === count) {
              return { start: whole, end, cut: null };
            }
          }
        } else if (byte !== CR) {
          bytes += jsonBytesOfByte(byte, byteBeyondAscii);
        }
        behind = byte;
        if (bytes > jsonBytes) {
          return whole < end ? { start: whole, end, cut: 'lines' } : { start: at + 1, end, cut: 'line' };
        }
      }
    }
    return { start: 0, end, cut: null };
  }
}

/** The items of a JSON list of these lines, without their ends. What is not UTF-8 becomes U+FFFD. */
export async function* lastLinesAsJson(
  file: Pick<RunFile, 'read'>,
  { start, end, cut }: LastLines,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const lines = new LinesJson('dropped');
  const block = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, end - start)));
  let isFirst = cut === 'line';
  for (let position = start; position < end; ) {
    const bytesRead = await file.read(block.subarray(0, Math.min(block.length, end - position)), position);
    if (bytesRead === 0) {
      break;
    }
    position += bytesRead;
    const piece = block.subarray(0, bytesRead);
    yield lines.next(decoder.decode(isFirst ? fromWholeCharacter(piece) : piece, { stream: true }));
    isFirst = false;
  }
  // What is left of a character is being written right now: the next look has it whole.
  yield lines.end();
}
