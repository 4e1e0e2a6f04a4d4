import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';

/** What is not HTTP, or too much of it, never becomes a request: it is answered here, and the connection ends. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, body] = brokenRequest(error.code);
  const text = JSON.stringify(body);
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    );
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
