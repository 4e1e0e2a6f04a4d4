import { COOKIE_NAME } from '../../access/credentials.ts';
import type { Instant } from '../../clock.ts';

/** The header that gives a browser the half of a session that no script can read; `origin` is that of the page. */
export function sessionCookie(origin: string, cookie: { value: string; expiresAt: Instant }): string {
  return cookieOf(origin, cookie.value, `Expires=${new Date(cookie.expiresAt).toUTCString()}`);
}

/** The header that takes it away again. */
export function endedCookie(origin: string): string {
  return cookieOf(origin, '', 'Max-Age=0');
}

/** With TLS the prefix keeps other names of this domain from setting it. Its name has the port, which cookies do not know. */
function cookieOf(origin: string, value: string, until: string): string {
  const { protocol, port } = new URL(origin);
  const isSecure = protocol === 'https:';
  const name = `${isSecure ? '__Host-' : ''}${COOKIE_NAME}${port === '' ? '' : `-${port}`}`;
  return [
    `${name}=${value}`,
    'Path=/',
    until,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}
