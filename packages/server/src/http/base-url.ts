import type { IncomingMessage } from 'node:http';
import { badRequest } from '../errors.ts';

const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;

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
  if (!HOST.test(host)) {
    throw badRequest('The Host header is not a host name.', {
      code: 'bad_host',
      hint: 'Send "Host: name[:port]".',
    });
  }
  return `${scheme}://${host}`;
}
