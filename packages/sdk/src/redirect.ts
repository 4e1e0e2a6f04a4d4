/** The headers for where a redirect leads: credentials go no further than whom the user trusts with them. */
export function headersAfterRedirect(
  headers: Record<string, string>,
  from: string,
  to: string,
): Record<string, string> {
  if (keepsCredentials(from, to)) {
    return headers;
  }
  const { authorization: _key, 'x-quarry-session': _session, ...rest } = headers;
  return rest;
}

/** The same origin, or the same host upgraded to TLS. */
export function keepsCredentials(from: string, to: string): boolean {
  const [before, after] = [new URL(from), new URL(to)];
  if (before.origin === after.origin) {
    return true;
  }
  const upgraded = before.protocol === 'http:' && after.protocol === 'https:';
  return upgraded && before.hostname === after.hostname && before.port === '' && after.port === '';
}
