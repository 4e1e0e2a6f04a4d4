/** Whether a redirect stays with whom the user trusts with the key: the same origin, or the same host upgraded to TLS. */
export function keepsCredentials(from: string, to: string): boolean {
  const [before, after] = [new URL(from), new URL(to)];
  if (before.origin === after.origin) return true;
  const upgraded = before.protocol === 'http:' && after.protocol === 'https:';
  return upgraded && before.hostname === after.hostname && before.port === '' && after.port === '';
}
