import { Readable } from 'node:stream';
import { readFileLines } from '@quarry/contract';
import { openBytes } from '../../files/open-bytes.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { Answer, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { refused } from '../../problems.ts';
import type { BlobReader } from '../../storage/storage.ts';
import { jsonBytesOf, LinesJson } from '../lines-json.ts';
import type { FilesContext } from './context.ts';

const BLOCK_BYTES = 32 * 1024;
/** What a byte may take in JSON: NUL is \u0000. */
const MOST_PER_BYTE = 6;

/** A text as a list of lines, streamed, so that a large one costs the server no memory. */
export const readLines = (context: FilesContext) =>
  route(readFileLines, async (call) => {
    const file = await findVisibleFile(context.database.read, call.caller, call.params.fileId);
    if (file.size_bytes > context.linesBytes) {
      throw refused(
        `The file has ${file.size_bytes} bytes; lines are given of files up to ${context.linesBytes} bytes.`,
        {
          code: 'too_many_lines',
          hint: `Read it, or a range of it, from files/${file.id}/contents/ instead.`,
        },
      );
    }
    if (file.size_bytes === 0) {
      return { lines: [] };
    }
    const reader = await openBytes(context, file);
    if (file.size_bytes * MOST_PER_BYTE > LIMITS.linesAnswerBytes && (await isTooLong(reader))) {
      await reader.close();
      throw refused(
        `As lines in JSON, the file has more than ${LIMITS.linesAnswerBytes} bytes, since much of it is no text.`,
        {
          code: 'too_many_lines',
          hint: `Read it, or a range of it, from files/${file.id}/contents/ instead.`,
        },
      );
    }
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const lines = Readable.from(linesAsJson(blocksOf(reader)), { objectMode: false });
    // Not by the generator: one whose reader leaves at once has not begun, and never ends.
    lines.once('close', () => void reader.close());
    return Answer.text(headers, lines);
  });

/** The bytes in small blocks, the memory of each used again for the next: a thousand slow readers may hold one each. */
async function* blocksOf(reader: BlobReader): AsyncGenerator<Uint8Array> {
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, reader.sizeBytes));
  for (let position = 0; ; ) {
    const count = await reader.read(block, position);
    if (count === 0) {
      return;
    }
    yield block.subarray(0, count);
    position += count;
  }
}

/** Whether the answer would be longer than may be; the bytes are read for that. */
async function isTooLong(reader: BlobReader): Promise<boolean> {
  let bytes = 0;
  for await (const block of blocksOf(reader)) {
    bytes += jsonBytesOf(block);
    if (bytes > LIMITS.linesAnswerBytes) {
      return true;
    }
  }
  return false;
}

/** `{"lines":[…]}` piece by piece. Lines keep their line feed; what is not UTF-8 becomes U+FFFD. */
async function* linesAsJson(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const lines = new LinesJson('kept');
  yield '{"lines":[';
  for await (const chunk of bytes) {
    yield lines.next(decoder.decode(chunk, { stream: true }));
  }
  yield `${lines.next(decoder.decode())}${lines.end()}]}`;
}
