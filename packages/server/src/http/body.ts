import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { badRequest, tooLarge, unsupportedMediaType } from '../errors.ts';
import { LIMITS } from '../limits.ts';

const READ_TIMEOUT_MS = 60_000;

/**
 * Reads a JSON body the way real clients send it: with or without a Content-Type, empty under a JSON label,
 * form-encoded, or form-encoded under a JSON label. Nothing at all is `undefined`.
 */
export async function readJsonBody(
  stream: Readable,
  headers: IncomingHttpHeaders,
  limitBytes: number,
): Promise<unknown> {
  const mediaType = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (mediaType.startsWith('multipart/')) throw unsupportedMediaType(mediaType, 'application/json');
  const text = decode(await readBytes(stream, headers, limitBytes));
  if (text.trim() === '') return undefined;
  if (mediaType === 'application/x-www-form-urlencoded') return parseForm(text);
  refuseDeepNesting(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/^[\w.%+-]+=/.test(text)) return parseForm(text);
    throw badRequest(`JSON parse error - ${(error as Error).message}`, {
      code: 'parse_error',
      hint: 'Send one JSON document in UTF-8.',
      cause: error,
    });
  }
}

/** Collects a body of limited size; a client that stalls is told so instead of being waited for. */
async function readBytes(
  stream: Readable,
  headers: IncomingHttpHeaders,
  limitBytes: number,
): Promise<Buffer> {
  const refusal = () =>
    tooLarge(
      `The request body is larger than ${limitBytes} bytes.`,
      'Send large data as files through files/contents/ and refer to them by id.',
    );
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw refusal();
  const timer = setTimeout(() => {
    stream.destroy(badRequest('The request body did not arrive in time.', { code: 'body_timeout' }));
  }, READ_TIMEOUT_MS);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw refusal();
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw badRequest('The request body is not UTF-8.', {
      code: 'parse_error',
      hint: 'Send JSON in UTF-8.',
      cause: error,
    });
  }
}

function parseForm(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Counts brackets outside strings, so that a hostile document is refused before a recursive parser meets it. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > LIMITS.jsonDepth) {
        throw badRequest(`The JSON document is nested deeper than ${LIMITS.jsonDepth} levels.`, {
          code: 'too_deep',
          hint: 'No request of this API needs such depth: check how the body is built.',
        });
      }
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}
