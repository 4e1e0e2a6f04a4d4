import { createHash } from 'node:crypto';
import type { Call } from '../http/route.ts';
import { Answer } from '../http/route.ts';
import type { Html } from './html.ts';

/** Pages need a style sheet and an icon from this server, and nothing else from anywhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

const A_YEAR_SECONDS = 31_536_000;

/** A page, asked for anew each time but sent only when it differs from what the browser has. */
export function page(call: Pick<Call, 'headers'>, content: Html): Answer {
  return revalidated(call, content.text, { 'content-type': 'text/html; charset=utf-8', ...SECURITY_HEADERS });
}

/** JSON of which the requester may hold a copy already. */
export function document(call: Pick<Call, 'headers'>, value: unknown): Answer {
  return revalidated(call, JSON.stringify(value), { 'content-type': 'application/json; charset=utf-8' });
}

/** A file whose address changes with its content. */
export function immutable(contentType: string, text: string): Answer {
  return new Answer(
    200,
    {
      'content-type': contentType,
      'cache-control': `public, max-age=${A_YEAR_SECONDS}, immutable`,
      ...SECURITY_HEADERS,
    },
    text,
  );
}

function revalidated(call: Pick<Call, 'headers'>, text: string, headers: Record<string, string>): Answer {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  // What is sent names the host that was asked for, and proxies may pass through several.
  const all = { ...headers, 'cache-control': 'no-cache', vary: 'host', etag: tag };
  return matches(call.headers['if-none-match'], tag) ? new Answer(304, all, '') : new Answer(200, all, text);
}

function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) {
    return false;
  }
  return header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === tag);
}
