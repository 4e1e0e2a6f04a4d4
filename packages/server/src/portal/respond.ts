import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Call } from '../http/route.ts';
import { Answer } from '../http/route.ts';
import type { OpenAsset } from './built.ts';
import type { Html } from './html.ts';
import { ASSET_POLICY, FOR_GOOD, SECURITY_HEADERS, shellPolicy, TEXT_PAGE_POLICY } from './policy.ts';

/** A page, asked for anew each time but sent only when it differs from what the browser has. */
export function page(call: Pick<Call, 'headers'>, content: Html): Answer {
  return revalidated(call, content.text, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': TEXT_PAGE_POLICY,
    ...SECURITY_HEADERS,
  });
}

/** The shell of the portal, which no cache keeps: its nonce is for this answer alone. */
export function shell({ text, nonce }: { text: string; nonce: string }): Answer {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': shellPolicy(nonce),
    'cache-control': 'no-store',
    ...SECURITY_HEADERS,
  };
  return new Answer(200, headers, text);
}

/** A file of a build, as it lies there. */
export async function asset({ file, bytes, mediaType, coding }: OpenAsset, method: string): Promise<Answer> {
  const headers = {
    'content-type': mediaType,
    'content-length': String(bytes),
    'content-security-policy': ASSET_POLICY,
    'cache-control': FOR_GOOD,
    vary: 'accept-encoding',
    ...(coding === null ? {} : { 'content-encoding': coding }),
    ...SECURITY_HEADERS,
  };
  if (method === 'HEAD') {
    await file.close();
    // Of anything but an empty stream the length would replace that of the file.
    return new Answer(200, headers, Readable.from([]));
  }
  return new Answer(200, headers, {
    length: bytes,
    read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
    close: () => file.close(),
  });
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
      'cache-control': FOR_GOOD,
      'content-security-policy': TEXT_PAGE_POLICY,
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
