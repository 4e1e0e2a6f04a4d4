import type { IncomingHttpHeaders } from 'node:http';
import { SESSION_HEADER } from '@quarry/contract';
import { refused } from '../problems.ts';

/** What a request carries to say who sent it. */
export type Credentials =
  | { kind: 'none' }
  | { kind: 'key'; header: string }
  | { kind: 'session'; token: string; cookies: readonly string[] };

/** What a request to a public endpoint is taken to carry: what has ended must not keep its owner from it. */
export const NO_CREDENTIALS: Credentials = { kind: 'none' };

/** Begins the names of our cookies; those of servers on other ports of a host differ in what follows. */
export const COOKIE_NAME = 'quarry-session';
const COOKIE = new RegExp(`^(?:__Host-)?${COOKIE_NAME}(?:-\\d+)?$`);

/**
 * Finds a key, or the two halves of a session. A cookie alone is no credential: browsers send it to every port of a host,
 * the web servers of jobs among them, and with requests that other pages make.
 */
export function readCredentials(headers: IncomingHttpHeaders): Credentials {
  const { authorization } = headers;
  const token = headers[SESSION_HEADER];
  if (token === undefined) {
    return authorization === undefined ? NO_CREDENTIALS : { kind: 'key', header: authorization };
  }
  if (authorization !== undefined) {
    throw refused('The request has a key and a session.', {
      code: 'two_credentials',
      hint: 'Send the header Authorization or the header X-Quarry-Session, not both: they may be of different people.',
    });
  }
  return { kind: 'session', token: String(token), cookies: readCookies(headers.cookie ?? '') };
}

/** Values of all cookies that may be ours: others on this host can set cookies of the same name beside them. */
function readCookies(header: string): string[] {
  return header.split(';').flatMap((pair) => {
    const [name, value] = split(pair);
    return COOKIE.test(name) && value !== '' ? [value] : [];
  });
}

function split(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=');
  return at < 0 ? ['', ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}
