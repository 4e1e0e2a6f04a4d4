import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type EndpointDefinition, MAX_IDEMPOTENCY_KEY_LENGTH } from '@quarry/contract';
import { refused } from '../problems.ts';
import type { RequestIdentity } from './route.ts';

const VISIBLE = /^[\x20-\x7e]+$/;
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/**
 * The key in the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), null when there is none. The
 * draft writes it in quotation marks (a string of RFC 8941) and most clients do not: both mean the same key. Refuses
 * with 400 what cannot be a key.
 */
export function readIdempotencyKey(headers: IncomingHttpHeaders): string | null {
  const sent = headers['idempotency-key'];
  if (sent === undefined) {
    return null;
  }
  const text = String(sent).trim();
  const key = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1') ?? text;
  if (key !== '' && key.length <= MAX_IDEMPOTENCY_KEY_LENGTH && VISIBLE.test(key)) {
    return key;
  }
  const problem =
    key === ''
      ? 'is empty'
      : VISIBLE.test(key)
        ? `has ${key.length} characters`
        : 'has characters other than visible ASCII';
  throw refused(`The header Idempotency-Key ${problem}.`, {
    code: 'idempotency_key_invalid',
    hint: `Send 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} visible ASCII characters, such as a UUID, or leave the header out.`,
  });
}

/** What a request with a key is known by again; `sent` is its JSON body as it came. */
export function identify(
  key: string,
  { method, path }: EndpointDefinition,
  { params, query, sent }: { params: unknown; query: unknown; sent: unknown },
): RequestIdentity {
  return { key, fingerprint: hash('sha256', JSON.stringify([method, path, params, query, sent])) };
}
