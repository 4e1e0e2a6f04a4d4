import type { IncomingMessage } from 'node:http';
import { refused } from '../problems.ts';
import { isHost } from './head.ts';

/**
 * The scheme, host and port that the requester used, so that links in an answer lead back the same way:
 * clients keep their credentials only on the same host.
 */
export function requestBaseUrl(request: IncomingMessage, options: { trustProxy: boolean }): string {
  const forwarded = (name: string) =>
    options.trustProxy ? request.headers[name]?.toString().split(',')[0]?.trim() : undefined;
  const host =
    forwarded('x-forwarded-host') ?? request.headers.host ?? `127.0.0.1:${request.socket.localPort}`;
  const scheme =
    forwarded('x-forwarded-proto') === 'https' || 'encrypted' in request.socket ? 'https' : 'http';
  if (!isHost(host)) {
    throw refused('The header X-Forwarded-Host is not a host name.', {
      code: 'bad_host',
      hint: 'Let the proxy send "X-Forwarded-Host: name[:port]".',
    });
  }
  return `${scheme}://${host}`;
}
