/**
 * One file at its server: where redirects have led, which bytes it had when it was first asked, and the rules by which
 * answers are read. RFC 9110: ranges (14), validators (8.8), `If-Range` (13.1.5).
 */
import type { IncomingMessage } from 'node:http';
import {
  ApiError,
  ConnectionError,
  IntegrityError,
  InvalidResponseError,
  QuarryError,
} from '../../errors.ts';
import { MAX_REDIRECTS } from '../../limits.ts';
import { keepsCredentials } from '../../redirect.ts';
import { type Connections, endWhenSilent, errorOf, headerOf, openRequest, responseTo } from '../http.ts';
import type { Source } from './source.ts';
import type { Stretch } from './stretches.ts';

/** The bytes at the address are not those that the download began with. */
export class ChangedError extends QuarryError {
  override name = 'ChangedError';
}

/** `ranges`: an answer to what was asked; `whole`: all of the file; `empty`: there is nothing in it. */
export type Body =
  | { kind: 'range'; response: IncomingMessage; end: number }
  | { kind: 'whole'; response: IncomingMessage }
  | { kind: 'empty' };

/** Refusals of an address that a redirect led to, which may just have grown old. */
const EXPIRED = new Set([400, 401, 403, 404, 410]);

export class Remote {
  readonly source: Source;
  sizeBytes: number | null;
  /** What `If-Range` is asked with: a strong ETag, else a date; null while unknown, or where the server has none. */
  validator: string | null;
  lastModified: Date | null = null;
  /** Where the bytes are, once redirects were followed, and what is sent there. */
  #url: string;
  #headers: Record<string, string>;

  constructor(source: Source, sizeBytes: number | null, validator: string | null) {
    this.source = source;
    this.sizeBytes = sizeBytes;
    this.validator = validator;
    this.#url = source.url;
    this.#headers = source.headers;
  }

  /** Where to ask. */
  get url(): string {
    return this.#url;
  }

  /** What to ask with, `range` being all of the file when null. Compression is never asked for. */
  headersFor(range: Stretch | null): Record<string, string> {
    const headers: Record<string, string> = {
      ...this.#headers,
      accept: '*/*',
      'accept-encoding': 'identity',
    };
    if (range !== null) {
      headers.range = `bytes=${range.start}-${range.end - 1}`;
    }
    if (range !== null && this.validator !== null) {
      headers['if-range'] = this.validator;
    }
    return headers;
  }

  /**
   * Asks for a range, or for the whole file. Rejects with an `ApiError` in the server's words, with a `ChangedError`
   * when the file is not the same any more, and with an `IntegrityError` when the answer is another one than asked for.
   */
  async ask(range: Stretch | null, connections: Connections, signal: AbortSignal): Promise<Body> {
    const isElsewhere = this.#url !== this.source.url;
    try {
      // Awaited here, so that what it refuses is caught here.
      return await this.#read(await this.#get(range, connections, signal), range);
    } catch (error) {
      if (!isElsewhere || !(error instanceof ApiError) || !EXPIRED.has(error.status)) {
        throw error;
      }
      this.#url = this.source.url;
      this.#headers = this.source.headers;
      return this.#read(await this.#get(range, connections, signal), range);
    }
  }

  /** Forgets what the server said, to begin again. */
  forget(): void {
    this.sizeBytes = this.source.sizeBytes;
    this.validator = null;
    this.lastModified = null;
  }

  async #get(range: Stretch | null, connections: Connections, signal: AbortSignal): Promise<IncomingMessage> {
    let url = this.#url;
    let headers = this.headersFor(range);
    for (let hops = 0; ; hops++) {
      const request = openRequest(url, { method: 'GET', headers, connections, signal });
      endWhenSilent(request, this.source.timeoutMs, url);
      request.end();
      const response = await responseTo(request, url);
      // It may break before anybody reads it; who then does meets it broken.
      response.on('error', () => {});
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      if (status < 300 || status >= 400 || location === undefined) {
        if (url !== this.#url) {
          this.#remember(url);
        }
        return response;
      }
      response.resume();
      if (hops >= MAX_REDIRECTS) {
        throw new ConnectionError(`${url} redirects more than ${MAX_REDIRECTS} times.`);
      }
      const target = URL.parse(location, url);
      if (target === null || !/^https?:$/.test(target.protocol)) {
        throw new ConnectionError(`${url} redirects to ${location}, which is no http or https address.`);
      }
      headers = this.#headersAt(url, target.href, headers);
      url = target.href;
    }
  }

  #remember(url: string): void {
    this.#headers = this.#headersAt(this.#url, url, this.#headers);
    this.#url = url;
  }

  /** What may be sent on to where a redirect leads: to another origin only what says which bytes are wanted. */
  #headersAt(from: string, to: string, headers: Record<string, string>): Record<string, string> {
    if (keepsCredentials(from, to)) {
      return headers;
    }
    const harmless = ['accept', 'accept-encoding', 'range', 'if-range', 'user-agent'];
    return Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.includes(name)));
  }

  async #read(response: IncomingMessage, range: Stretch | null): Promise<Body> {
    const status = response.statusCode ?? 0;
    if (status === 416 && range !== null && /^bytes \*\/0$/.test(headerOf(response, 'content-range') ?? '')) {
      response.resume();
      this.#learn(response, 0);
      return { kind: 'empty' };
    }
    if (status < 200 || status >= 300) {
      throw await errorOf(response, 'GET', this.#url);
    }
    try {
      if (range !== null && status === 206) {
        return this.#readRange(response, range);
      }
      if (status === 206) {
        throw this.#unasked('a part of the file although all of it was asked for');
      }
      this.#learn(response, wholeSizeOf(response));
      return { kind: 'whole', response };
    } catch (error) {
      response.destroy();
      throw error;
    }
  }

  #readRange(response: IncomingMessage, range: Stretch): Body {
    const found = headerOf(response, 'content-range');
    const encoding = headerOf(response, 'content-encoding') ?? 'identity';
    if (encoding !== 'identity') {
      throw this.#unasked(`a part that is encoded as ${encoding}`);
    }
    const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(found ?? '') ?? [];
    const end = Number(last) + 1;
    // Less than was asked for is allowed; what is missing is asked for again.
    if (Number(start) !== range.start || end > range.end || end <= range.start) {
      const asked = `bytes ${range.start}-${range.end - 1}`;
      throw new IntegrityError(
        `${this.source.name}: the server sent ${found ?? 'an unnamed part'} where ${asked} was asked.`,
        { hint: 'Download it again; if it happens again, the server or a proxy before it is at fault.' },
      );
    }
    this.#learn(response, total === '*' ? null : Number(total));
    return { kind: 'range', response, end };
  }

  /** Compares what an answer says about the file with what is known of it, and keeps what is new. */
  #learn(response: IncomingMessage, sizeBytes: number | null): void {
    const validator = validatorOf(response);
    if (this.validator !== null && validator !== null && validator !== this.validator) {
      throw new ChangedError(`${this.source.name} was changed at its server meanwhile.`);
    }
    if (sizeBytes !== null && this.sizeBytes !== null && sizeBytes !== this.sizeBytes) {
      throw this.#otherSize(sizeBytes);
    }
    this.validator ??= validator;
    this.sizeBytes ??= sizeBytes;
    const date = Date.parse(headerOf(response, 'last-modified') ?? '');
    if (!Number.isNaN(date)) {
      this.lastModified ??= new Date(date);
    }
  }

  #otherSize(sizeBytes: number): QuarryError {
    const words = `${this.source.name} has ${sizeBytes} bytes by what its server sends, where ${this.sizeBytes} were stated.`;
    // Stated by whom asked for it, or by the server itself a moment ago.
    if (this.source.sizeBytes === null) {
      return new ChangedError(words);
    }
    return new IntegrityError(words, { hint: 'The file may have changed meanwhile: ask for it again.' });
  }

  #unasked(what: string): InvalidResponseError {
    return new InvalidResponseError(`${this.source.name}: the server sent ${what}.`, {
      hint: 'The server, or a proxy before it, is at fault.',
    });
  }
}

/** A strong ETag, else the date of the last change: weak ones say nothing about single bytes. */
function validatorOf(response: IncomingMessage): string | null {
  const etag = headerOf(response, 'etag');
  if (etag !== null && /^"/.test(etag)) {
    return etag;
  }
  return headerOf(response, 'last-modified');
}

function wholeSizeOf(response: IncomingMessage): number | null {
  const length = headerOf(response, 'content-length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : null;
}
