import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { LIMITS } from '../limits.ts';
import { type Problem, refused, tooLarge } from '../problems.ts';
import { bodyTimeout, unsupportedMediaType } from './http-problems.ts';
import { decodeBody } from './request-coding.ts';

export interface BodyLimits {
  bytes: number;
  /** How long the whole body may take to arrive. */
  seconds: number;
}

/**
 * Reads a JSON body the way real clients send it: with or without a Content-Type, empty under a JSON label,
 * form-encoded, or with either label on the other. Nothing at all is `undefined`.
 */
export async function readJsonBody(
  stream: Readable,
  headers: IncomingHttpHeaders,
  limits: BodyLimits,
): Promise<unknown> {
  const mediaType = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (mediaType.startsWith('multipart/')) {
    throw unsupportedMediaType(mediaType, 'application/json');
  }
  const bytes = await decodeBody(await readBytes(stream, headers, limits), headers, limits.bytes);
  if (bytes === null) {
    throw bodyTooLarge(limits.bytes);
  }
  const text = decode(bytes);
  if (text.trim() === '') {
    return undefined;
  }
  // curl labels everything it sends with -d as a form; a form does not begin with a bracket.
  if (mediaType === 'application/x-www-form-urlencoded' && !/^\s*[{[]/.test(text)) {
    return parseForm(text);
  }
  refuseDeepNesting(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/^[\w.%+-]+=/.test(text)) {
      return parseForm(text);
    }
    throw refused(`JSON parse error - ${(error as Error).message}`, {
      code: 'parse_error',
      hint: 'Send one JSON document in UTF-8.',
      cause: error,
    });
  }
}

/**
 * Collects a body of limited size and time. A refusal leaves the stream open, because destroying it would take
 * the connection along and with it the answer that tells why.
 */
async function readBytes(
  stream: Readable,
  headers: IncomingHttpHeaders,
  limits: BodyLimits,
): Promise<Buffer> {
  if (Number(headers['content-length'] ?? 0) > limits.bytes) {
    throw bodyTooLarge(limits.bytes);
  }
  const whole = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > limits.bytes) {
      whole.reject(bodyTooLarge(limits.bytes));
    } else {
      chunks.push(chunk);
    }
  };
  const timer = setTimeout(() => whole.reject(bodyTimeout(limits.seconds)), limits.seconds * 1000);
  stream.on('data', take);
  stream.once('end', () => whole.resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  const cutShort = () =>
    whole.reject(
      refused('The request body was cut short.', {
        code: 'body_cut_short',
        hint: 'Send as many bytes as Content-Length says.',
      }),
    );
  stream.once('error', cutShort);
  stream.once('close', cutShort);
  try {
    return await whole.promise;
  } finally {
    clearTimeout(timer);
    stream.off('data', take);
  }
}

function bodyTooLarge(limitBytes: number): Problem {
  return tooLarge(
    `The request body is larger than ${limitBytes} bytes.`,
    'Send large data as files through files/contents/ and refer to them by id.',
  );
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw refused('The request body is not UTF-8.', {
      code: 'parse_error',
      hint: 'Send JSON in UTF-8.',
      cause: error,
    });
  }
}

function parseForm(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/**
 * Counts brackets outside strings, so that a hostile document is refused before a recursive parser meets it. In
 * bytes, which takes a third of the time: what is looked for is ASCII, which no other character has among its bytes.
 */
function refuseDeepNesting(bytes: Uint8Array): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const code = bytes[index]!;
    if (inString) {
      if (code === 0x5c) {
        index++;
      } else if (code === 0x22) {
        inString = false;
      }
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > LIMITS.jsonDepth) {
        throw refused(`The JSON document is nested deeper than ${LIMITS.jsonDepth} levels.`, {
          code: 'too_deep',
          hint: 'No request of this API needs such depth: check how the body is built.',
        });
      }
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
}
