/** Codings of the bodies of requests (RFC 9110, 8.4): what is not undone would be taken for something else. */
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { refused } from '../problems.ts';
import { contentCodingUnknown } from './http-problems.ts';

const expand = promisify(gunzip);

/** The body as it was before it was coded; null where more than `limitBytes` come out. */
export async function decodeBody(
  bytes: Buffer,
  headers: IncomingHttpHeaders,
  limitBytes: number,
): Promise<Buffer | null> {
  const coding = codingOf(headers);
  if (coding === 'identity') {
    return bytes;
  }
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw contentCodingUnknown(coding, 'gzip');
  }
  try {
    return await expand(bytes, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      return null;
    }
    throw refused('The request body is not whole gzip, although its Content-Encoding says so.', {
      code: 'parse_error',
      hint: 'Send it as it is, without Content-Encoding, or compress it whole.',
      cause: error,
    });
  }
}

/** Bodies that become files are kept as they come: one in a coding would be another file than was meant. */
export function refuseCodedBytes(headers: IncomingHttpHeaders): void {
  const coding = codingOf(headers);
  if (coding !== 'identity') {
    throw contentCodingUnknown(coding, 'identity');
  }
}

function codingOf(headers: IncomingHttpHeaders): string {
  return headers['content-encoding']?.trim().toLowerCase() || 'identity';
}
