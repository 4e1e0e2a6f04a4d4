/**
 * One TCP connection that GETs straight into memory of ours. `node:http` allocates a fresh buffer for every 64 KiB, and
 * collecting those costs more than receiving them; here the kernel writes where the bytes stay. Figures and limits:
 * decisions/005-a-plain-reader-for-ranges.md.
 *
 * It speaks only the plain case: http, the status and the length that were asked for. Everything else is `Unsuitable`,
 * and the caller asks again through `node:http`, which knows redirects, refusals, TLS and the rest.
 */
import { connect, type Socket } from 'node:net';
import { apiErrorFrom, ConnectionError, TimeoutError } from '../../errors.ts';
import type { BodyWriter } from './body-writer.ts';
import type { Stretch } from './stretches.ts';

/** The answer needs a full HTTP client. Nothing of its body was used, and the connection is closed. */
export class Unsuitable extends Error {
  override name = 'Unsuitable';
  /** Whether the next answer of this server is likely to need one as well. */
  readonly isLasting: boolean;

  constructor(message: string, isLasting: boolean) {
    super(message);
    this.isLasting = isLasting;
  }
}

export interface PlainRequest {
  /** Path and query, as they stand in the request line. */
  target: string;
  headers: Record<string, string>;
  /** The bytes wanted; null for the whole file. */
  range: Stretch | null;
  /** Of the whole file, as the answer must say it. */
  sizeBytes: number;
  /** What `If-Range` asked for; an answer that names another validator is not the plain case. */
  validator: string | null;
  writer: BodyWriter;
  signal: AbortSignal;
}

interface Exchange extends PlainRequest {
  /** What is to come of the body; null while the head is not complete. */
  left: number | null;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Longest head of a response. */
const HEAD_BYTES = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

export class PlainConnection implements Disposable {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #timeoutMs: number;
  /** Heads, and what comes of a body while there is no room for it. */
  readonly #aside = Buffer.alloc(HEAD_BYTES);
  #asideFilled = 0;
  /** Where in it the kernel was told to go on. */
  #asideGiven = 0;
  /** Whether the kernel was given room of the writer. */
  #isDirect = false;
  #isWaiting = false;
  #exchange: Exchange | null = null;
  #closed: Error | null = null;

  /** `origin` is an http address; nothing is sent before the first request. */
  constructor(origin: string, timeoutMs: number) {
    const { hostname, port, host } = new URL(origin);
    this.#host = host;
    this.#timeoutMs = timeoutMs;
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
    this.#socket.on('timeout', () => this.#silent());
    this.#socket.on('error', (error) => this.#close(error));
    this.#socket.on('close', () => {
      this.#close(new ConnectionError('The connection closed in the middle of the body.'));
    });
    this.#socket.setTimeout(timeoutMs);
  }

  get isUsable(): boolean {
    return this.#closed === null;
  }

  /** Resolves when the writer wants no more, or has all; rejects with `Unsuitable` or what broke. One at a time. */
  get(request: PlainRequest): Promise<void> {
    const { signal } = request;
    return new Promise<void>((resolve, reject) => {
      if (this.#closed !== null) {
        return reject(this.#closed);
      }
      if (signal.aborted) {
        return reject(signal.reason);
      }
      const onAbort = () => this.#close(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      const ended = () => signal.removeEventListener('abort', onAbort);
      this.#exchange = {
        ...request,
        left: null,
        resolve: () => {
          ended();
          resolve();
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      };
      this.#asideFilled = 0;
      const lines = Object.entries({ ...request.headers, host: this.#host });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      this.#socket.setTimeout(this.#timeoutMs);
      this.#socket.ref();
      this.#socket.write(`GET ${request.target} HTTP/1.1\r\n${head}\r\n`, 'latin1');
    });
  }

  [Symbol.dispose](): void {
    this.#close(new ConnectionError('The connection was closed.'));
  }

  #nextBuffer(): Uint8Array {
    const exchange = this.#exchange;
    const room = exchange !== null && exchange.left !== null ? exchange.writer.room() : null;
    this.#isDirect = room !== null && room.byteLength > 0 && !this.#isWaiting;
    if (this.#isDirect) {
      return room!;
    }
    // Only a paused connection can have filled it: it gets nothing before it is emptied.
    this.#asideGiven = this.#asideFilled < HEAD_BYTES ? this.#asideFilled : 0;
    return this.#aside.subarray(this.#asideGiven);
  }

  #received(count: number): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#close(new ConnectionError('The server sent bytes that nobody asked for.'));
    } else if (this.#isDirect) {
      this.#took(exchange, count);
    } else {
      // Emptied meanwhile, where the connection was paused.
      const given = this.#asideGiven;
      if (given !== this.#asideFilled) {
        this.#aside.copyWithin(this.#asideFilled, given, given + count);
      }
      this.#asideFilled += count;
      if (exchange.left === null) {
        this.#readHead(exchange);
      } else {
        this.#empty(exchange);
      }
    }
  }

  #readHead(exchange: Exchange): void {
    const filled = this.#aside.subarray(0, this.#asideFilled);
    const end = filled.indexOf(HEAD_END);
    if (end < 0) {
      if (filled.byteLength === HEAD_BYTES) {
        this.#close(new Unsuitable('The head of the response is too long.', true));
      }
      return;
    }
    const response = parseHead(filled.toString('latin1', 0, end));
    const problem = busyError(response, exchange.target) ?? problemOf(response, exchange);
    const { range, sizeBytes } = exchange;
    const length = range === null ? sizeBytes : range.end - range.start;
    const body = filled.subarray(end + HEAD_END.byteLength);
    if (problem !== null || body.byteLength > length) {
      this.#close(problem ?? new Unsuitable('The body is longer than it should be.', true));
      return;
    }
    exchange.left = length;
    // Moved to the front of the same memory.
    this.#aside.set(body);
    this.#asideFilled = body.byteLength;
    this.#empty(exchange);
  }

  /** Puts what was set aside where it belongs, as far as there is room. */
  #empty(exchange: Exchange): void {
    let done = 0;
    while (done < this.#asideFilled && this.#exchange === exchange) {
      const room = exchange.writer.room();
      const piece = this.#aside.subarray(done, Math.min(this.#asideFilled, done + room.byteLength));
      if (piece.byteLength === 0) {
        break;
      }
      room.set(piece);
      done += piece.byteLength;
      this.#took(exchange, piece.byteLength, false);
    }
    if (this.#exchange !== exchange) {
      return;
    }
    this.#aside.copyWithin(0, done, this.#asideFilled);
    this.#asideFilled -= done;
    this.#waitForRoom(exchange);
  }

  #took(exchange: Exchange, count: number, mayWait = true): void {
    exchange.left! -= count;
    exchange.writer.took(count);
    if (this.#exchange !== exchange) {
      return;
    }
    if (exchange.writer.isDone || exchange.left === 0) {
      this.#finish(exchange);
    } else if (mayWait) {
      this.#waitForRoom(exchange);
    }
  }

  #finish(exchange: Exchange): void {
    this.#exchange = null;
    this.#asideFilled = 0;
    // What is still on its way belongs to somebody else by now.
    if (exchange.left! > 0) {
      this.#close(new ConnectionError('The rest was not wanted.'));
    } else {
      this.#socket.setTimeout(0);
    }
    exchange.resolve();
  }

  /** Takes nothing from the network as long as there is nowhere to put it. */
  #waitForRoom(exchange: Exchange): void {
    if (this.#isWaiting || exchange.writer.room().byteLength > 0) {
      return;
    }
    this.#isWaiting = true;
    this.#socket.pause();
    this.#socket.setTimeout(0);
    exchange.writer.whenRoom(exchange.signal).then(
      () => {
        this.#isWaiting = false;
        if (this.#exchange !== exchange) {
          return;
        }
        this.#socket.setTimeout(this.#timeoutMs);
        this.#empty(exchange);
        if (this.#exchange !== exchange) {
          return;
        }
        if (exchange.writer.isDone) {
          this.#finish(exchange);
        } else if (!this.#isWaiting) {
          this.#socket.resume();
        }
      },
      (error: Error) => this.#close(error),
    );
  }

  #silent(): void {
    if (this.#exchange === null || this.#isWaiting) {
      return;
    }
    const seconds = this.#timeoutMs / 1000;
    this.#close(new TimeoutError(`GET ${this.#exchange.target}: nothing arrived for ${seconds} s.`));
  }

  #close(error: Error): void {
    this.#closed ??= error;
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#socket.destroy();
    exchange?.reject(error);
  }
}

interface Head {
  status: string;
  /** By lowercase name. */
  headers: Map<string, string>;
}

function parseHead(head: string): Head {
  const [status = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status, headers };
}

/** The error of a server that must not be asked again at once; all others are for a full client to read. */
function busyError({ status, headers }: Head, path: string): Error | null {
  const [, code] = /^HTTP\/1\.1 (429|503)(?: |$)/.exec(status) ?? [];
  if (code === undefined) {
    return null;
  }
  const get = (name: string) => headers.get(name) ?? null;
  return apiErrorFrom({ status: Number(code), method: 'GET', path, headers: { get }, text: '' });
}

/** Why a response is not the plain case, null when it is. */
function problemOf(
  { status, headers }: Head,
  { range, sizeBytes, validator }: PlainRequest,
): Unsuitable | null {
  const wanted = range === null ? /^HTTP\/1\.1 200 ?/ : /^HTTP\/1\.1 206 ?/;
  if (!wanted.test(status)) {
    return new Unsuitable(`The answer is "${status}".`, !status.startsWith('HTTP/1.1'));
  }
  const names = [headers.get('etag'), headers.get('last-modified')];
  if (validator !== null && names.some((name) => name !== undefined) && !names.includes(validator)) {
    return new Unsuitable('The file is another one.', false);
  }
  const problem = bodyProblem(headers, range, sizeBytes);
  return problem === null ? null : new Unsuitable(problem, true);
}

function bodyProblem(headers: Map<string, string>, range: Stretch | null, sizeBytes: number): string | null {
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  if (headers.get('content-length') !== String(end - start)) {
    return 'The length is not the one asked for.';
  }
  if (range !== null && headers.get('content-range') !== `bytes ${start}-${end - 1}/${sizeBytes}`) {
    return 'The range is another one.';
  }
  if (headers.has('transfer-encoding') || headers.has('content-encoding')) {
    return 'The body is encoded.';
  }
  return /close/i.test(headers.get('connection') ?? '') ? 'The connection does not last.' : null;
}
