import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { answerProblem } from './dialects/rescale.ts';
import { METHODS } from './head.ts';
import { methodNotAllowed } from './http-problems.ts';
import { newRequestId } from './request-id.ts';

/** What is not HTTP, or too much of it, never becomes a request: it is answered here, and the connection ends. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, logger: Logger): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    return;
  }
  // In the middle of another answer these words would be taken for bytes of that one: only its end can be told.
  if (isSending(socket)) {
    return void socket.destroy(error);
  }
  answerOnSocket(socket, logger, ...brokenRequest(error.code));
}

/** CONNECT asks for a tunnel, which Node would refuse without a word. */
export function answerConnect({ method = 'CONNECT' }: IncomingMessage, socket: Duplex, logger: Logger): void {
  socket.on('error', () => undefined);
  answerOnSocket(
    socket as Socket,
    logger,
    '405 Method Not Allowed',
    answerProblem(methodNotAllowed(method, METHODS)).body,
  );
}

/** Node keeps the answer that a connection is busy with there, as its own way to refuse does. */
function isSending(socket: Socket & { _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function answerOnSocket(socket: Socket, logger: Logger, status: string, body: Record<string, unknown>): void {
  const id = newRequestId();
  logger.info({ request: id, status: Number.parseInt(status, 10), code: body.code }, 'no request');
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${id}`,
    'Connection: close',
  ];
  if (socket.writable) {
    socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  }
  socket.destroySoon();
}

function brokenRequest(code: string | undefined): [status: string, body: Record<string, string>] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        {
          detail: `The request line and headers are larger than ${LIMITS.headerBytes} bytes.`,
          code: 'headers_too_large',
          hint: 'Send fewer or shorter headers and a shorter URL.',
        },
      ];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [
        '408 Request Timeout',
        {
          detail: 'The headers of the request did not arrive in time.',
          code: 'request_timeout',
          hint: 'Send the request at once.',
        },
      ];
    // Node's parser takes no other than visible ASCII, and tells nobody what the rest was.
    case 'HPE_INVALID_URL':
      return [
        '400 Bad Request',
        {
          detail: 'The address in the request has characters that must be escaped there.',
          code: 'bad_target',
          hint: 'Write each byte of such a character in UTF-8 as % and two hexadecimal digits: %C3%BC for ü, %20 for a blank. Libraries do so for what they are given as parameters, curl with -G --data-urlencode NAME=VALUE.',
        },
      ];
    default:
      return [
        '400 Bad Request',
        {
          detail: 'The request is not valid HTTP.',
          code: 'bad_request',
          hint: 'Check the request line, the headers and how the body is framed.',
        },
      ];
  }
}
