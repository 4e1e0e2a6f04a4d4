import { Readable } from 'node:stream';
import { unsatisfiableRange } from '../../http/http-problems.ts';
import { Answer, type Call } from '../../http/route.ts';
import { parseRange } from './range.ts';

/** What is sent of a file that is open: all of it, or what a range asks for. */
export interface OpenPart {
  start: number;
  length: number;
  isWhole: boolean;
  /** `content-length` and its like. */
  headers: Record<string, string>;
}

/** The part of a file that is asked for; refuses a range that lies behind its end. */
export function openPart(asked: string | undefined, sizeBytes: number): OpenPart {
  const range = parseRange(asked, sizeBytes);
  if (range === 'unsatisfiable') {
    throw unsatisfiableRange(asked!, sizeBytes);
  }
  const part = range === 'whole' ? null : range;
  const length = part === null ? sizeBytes : part.end - part.start + 1;
  return {
    start: part?.start ?? 0,
    length,
    isWhole: part === null,
    headers: {
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': String(length),
      ...(part && { 'content-range': `bytes ${part.start}-${part.end}/${sizeBytes}` }),
    },
  };
}

/** Sends a part, read as it is sent, and closes the file. */
export async function answerPart(
  { method }: Pick<Call, 'method'>,
  { start, length, isWhole, headers }: OpenPart,
  file: {
    headers: Record<string, string>;
    read(into: Uint8Array, position: number): Promise<number>;
    close(): Promise<void>;
  },
): Promise<Answer> {
  const status = isWhole ? 200 : 206;
  const all = { ...headers, ...file.headers };
  if (method === 'HEAD' || length === 0) {
    await file.close();
    return new Answer(status, all, method === 'HEAD' ? Readable.from([]) : '');
  }
  return new Answer(status, all, {
    length,
    read: (into, position) => file.read(into, start + position),
    close: () => file.close(),
  });
}
