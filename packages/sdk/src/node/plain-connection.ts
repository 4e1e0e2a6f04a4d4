/**
 * One TCP connection that GETs ranges straight into memory of ours. `node:http` allocates a fresh buffer for every
 * 64 KiB, and collecting those costs more than receiving them; here the kernel writes where the bytes stay. Figures
 * and limits: decisions/005-a-plain-reader-for-ranges.md.
 *
 * It speaks only the plain case: http, status 206, a Content-Length. Everything else is `Unsuitable`, and the caller
 * asks again through `node:http`, which knows redirects, refusals, TLS and the rest.
 */
import { connect, type Socket } from 'node:net';
import { ConnectionError, TimeoutError } from '../errors.ts';

/** The answer needs a full HTTP client. The connection is closed. */
export class Unsuitable extends Error {
  override name = 'Unsuitable';
}

export interface PlainRequest {
  /** Path and query, as they stand in the request line. */
  target: string;
  headers: Record<string, string>;
  /** The bytes wanted, `end` excluded. */
  start: number;
  end: number;
  /** Of the whole file, as the answer must say it. */
  sizeBytes: number;
  /** Is filled from its beginning; holds exactly `end - start` bytes. */
  into: Uint8Array;
  /** Called as bytes arrive. */
  onBytes: (count: number) => void;
}

interface Exchange extends PlainRequest {
  filled: number;
  inBody: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** Longest head of a response. */
const HEAD_BYTES = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

export class PlainConnection implements Disposable {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headFilled = 0;
  #exchange: Exchange | null = null;
  #closed: Error | null = null;

  /** `origin` is an http address; nothing is sent before the first request. */
  constructor(origin: string, timeoutMs: number) {
    const { hostname, port, host } = new URL(origin);
    this.#host = host;
    this.#socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 80),
      noDelay: true,
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (count) => {
          this.#received(count);
          return true;
        },
      },
    });
    this.#socket.setTimeout(timeoutMs, () => {
      if (this.#exchange === null) return;
      const seconds = timeoutMs / 1000;
      this.#close(new TimeoutError(`GET ${this.#exchange.target}: nothing arrived for ${seconds} s.`));
    });
    this.#socket.on('error', (error) => this.#close(error));
    this.#socket.on('close', () => {
      this.#close(new ConnectionError('The connection closed in the middle of the body.'));
    });
  }

  get usable(): boolean {
    return this.#closed === null;
  }

  /** Resolves when the range is complete; rejects with `Unsuitable` or what broke. One at a time. */
  get(request: PlainRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== null) return reject(this.#closed);
      this.#exchange = { ...request, filled: 0, inBody: false, resolve, reject };
      this.#headFilled = 0;
      const { target, headers, start, end } = request;
      const lines = Object.entries({ ...headers, host: this.#host, range: `bytes=${start}-${end - 1}` });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      this.#socket.write(`GET ${target} HTTP/1.1\r\n${head}\r\n`, 'latin1');
    });
  }

  [Symbol.dispose](): void {
    this.#close(new ConnectionError('The connection was closed.'));
  }

  #nextBuffer(): Uint8Array {
    const exchange = this.#exchange;
    if (exchange?.inBody) return exchange.into.subarray(exchange.filled);
    return this.#head.subarray(this.#headFilled);
  }

  #received(count: number): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#close(new ConnectionError('The platform sent bytes that nobody asked for.'));
    } else if (exchange.inBody) {
      this.#took(exchange, count);
    } else {
      this.#headFilled += count;
      this.#readHead(exchange);
    }
  }

  #readHead(exchange: Exchange): void {
    const filled = this.#head.subarray(0, this.#headFilled);
    const end = filled.indexOf(HEAD_END);
    if (end < 0) {
      if (filled.byteLength === HEAD_BYTES)
        this.#close(new Unsuitable('The head of the response is too long.'));
      return;
    }
    const body = filled.subarray(end + HEAD_END.byteLength);
    const problem = problemOf(filled.toString('latin1', 0, end), exchange);
    if (problem !== null || body.byteLength > exchange.end - exchange.start) {
      this.#close(new Unsuitable(problem ?? 'The body is longer than its range.'));
      return;
    }
    exchange.into.set(body);
    exchange.inBody = true;
    if (body.byteLength > 0) this.#took(exchange, body.byteLength);
  }

  #took(exchange: Exchange, count: number): void {
    exchange.filled += count;
    exchange.onBytes(count);
    if (exchange.filled < exchange.end - exchange.start || this.#exchange !== exchange) return;
    this.#exchange = null;
    this.#headFilled = 0;
    exchange.resolve();
  }

  #close(error: Error): void {
    this.#closed ??= error;
    this.#exchange?.reject(error);
    this.#exchange = null;
    this.#socket.destroy();
  }
}

/** Why a response is not the plain case, null when it is. */
function problemOf(head: string, { start, end, sizeBytes }: Exchange): string | null {
  const [status = '', ...lines] = head.split('\r\n');
  if (!/^HTTP\/1\.1 206 ?/.test(status)) return `The answer is "${status}".`;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  if (headers.get('content-length') !== String(end - start)) return 'The length is not that of the range.';
  if (headers.get('content-range') !== `bytes ${start}-${end - 1}/${sizeBytes}`)
    return 'The range is another one.';
  if (headers.has('transfer-encoding') || headers.has('content-encoding')) return 'The body is encoded.';
  return /close/i.test(headers.get('connection') ?? '') ? 'The connection does not last.' : null;
}
