import { Readable } from 'node:stream';
import type { readFileLines } from '@quarry/contract';
import { badRequest } from '../../errors.ts';
import { Answer, type Call } from '../../http/route.ts';
import type { BlobReader } from '../../storage/storage.ts';
import type { FilesContext } from './context.ts';
import { whereBytesAre } from './download.ts';
import { findVisibleFile } from './find-visible.ts';

const BLOCK_BYTES = 32 * 1024;

/** A text as a list of lines, streamed, so that a large one costs the server no memory. */
export async function readLines(context: FilesContext, call: Call<typeof readFileLines>): Promise<unknown> {
  const file = await findVisibleFile(context.database, call.caller, call.params.fileId);
  if (file.size_bytes > context.linesBytes) {
    throw badRequest(
      `The file has ${file.size_bytes} bytes; lines are given of files up to ${context.linesBytes} bytes.`,
      { code: 'too_many_lines', hint: `Read it, or a range of it, from files/${file.id}/contents/ instead.` },
    );
  }
  if (file.size_bytes === 0) return { lines: [] };
  const reader = await whereBytesAre(file, () => context.storage.openReader(file.sha512));
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const lines = Readable.from(linesAsJson(blocksOf(reader)), { objectMode: false });
  // Not by the generator: one whose reader leaves at once has not begun, and never ends.
  lines.once('close', () => void reader.close());
  return Answer.text(headers, lines);
}

/** The bytes in small blocks, the memory of each used again for the next: a thousand slow readers may hold one each. */
async function* blocksOf(reader: BlobReader): AsyncGenerator<Uint8Array> {
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, reader.sizeBytes));
  for (let position = 0; ; ) {
    const count = await reader.read(block, position);
    if (count === 0) return;
    yield block.subarray(0, count);
    position += count;
  }
}

/** `{"lines":[…]}` piece by piece. Lines keep their line feed; what is not UTF-8 becomes U+FFFD. */
async function* linesAsJson(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let separator = '{"lines":[';
  let rest = '';
  const pieces = (text: string, isLast: boolean): string => {
    const lines = (rest + text).split(/(?<=\n)/);
    rest = isLast ? '' : (lines.pop() ?? '');
    let json = '';
    for (const line of lines) {
      if (line === '') continue;
      json += separator + JSON.stringify(line);
      separator = ',';
    }
    return json;
  };
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true });
    // A line that goes on is only kept: splitting it anew with every chunk would take quadratic time.
    if (text.includes('\n')) yield pieces(text, false);
    else rest += text;
  }
  yield pieces(decoder.decode(), true);
  yield separator === ',' ? ']}' : '{"lines":[]}';
}
