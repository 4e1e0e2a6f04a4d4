/** Sends requests: credentials, time limits, redirects, retries, errors. Knows no resource. */
import type {
  BodyFor,
  EndpointDefinition,
  ParamsFor,
  QueryFor,
  ResponseOf,
  ServerFeature,
  ServerInfo,
} from '@quarry/contract';
import { normalizeBaseUrl } from './base-url.ts';
import type { CallOptions } from './call-options.ts';
import { delay } from './delay.ts';
import {
  apiErrorFrom,
  ConnectionError,
  InvalidResponseError,
  isOutage,
  QuarryError,
  RedirectedError,
  TimeoutError,
} from './errors.ts';
import { IDEMPOTENCY_HEADER, type KeyedCallOptions, keyOf } from './idempotency.ts';
import { ERROR_BODY_BYTES, MAX_REDIRECTS, MAX_RETRIES, REQUEST_TIMEOUT_MS } from './limits.ts';
import { Listing } from './pagination.ts';
import { fillPath, formatQuery } from './path.ts';
import { headersAfterRedirect } from './redirect.ts';
import { RememberedAnswers } from './remembered.ts';
import { mayHaveHappened, pauseBeforeRetry, type Repeat, repeatOf } from './retry.ts';
import { type PlatformWarning, readWarnings } from './warnings.ts';

export interface QuarryOptions {
  /** Root of the platform, such as `https://hpc.example.com`; a trailing slash or `/api/v2` is tolerated. */
  baseUrl: string;
  apiKey?: string;
  /**
   * The token of a session, instead of a key: for pages of the platform itself, since the cookie that belongs to it goes
   * to no other. Uploads and downloads of `@quarry/sdk/node` have none.
   */
  session?: string;
  /** Used instead of the global `fetch`, for proxies and tests. */
  fetch?: typeof fetch;
  /** Limit of one attempt of one request; 60,000 when absent. */
  timeoutMs?: number;
  /** Attempts after the first; 4 when absent. */
  maxRetries?: number;
  userAgent?: string;
  /** Called with everything the platform did although something was amiss. */
  onWarning?: (warning: PlatformWarning) => void;
}

/** What an endpoint takes; `params` must be there when the path has parameters. */
export type Input<E extends EndpointDefinition> = (undefined extends ParamsFor<E>
  ? { params?: undefined }
  : { params: ParamsFor<E> }) &
  (undefined extends QueryFor<E> ? { query?: QueryFor<E> } : { query?: QueryFor<E> }) &
  (undefined extends BodyFor<E> ? { body?: BodyFor<E> } : { body: BodyFor<E> }) &
  KeyedCallOptions & {
    /** Where the method says something else of the request. */
    repeat?: Repeat;
  };

type InputArguments<E extends EndpointDefinition> =
  Record<string, never> extends Input<E> ? [input?: Input<E>] : [input: Input<E>];

/** What a paged endpoint lists. */
export type ItemOf<E extends EndpointDefinition> =
  ResponseOf<E> extends { results: (infer Item)[] }
    ? Item
    : ResponseOf<E> extends (infer Item)[]
      ? Item
      : never;

/** A request whose path is already filled. */
export interface RequestSpec extends KeyedCallOptions {
  method: string;
  /** Below the base URL, or an absolute address of the same platform. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer> | FormData | Blob | ReadableStream<Uint8Array>;
  repeat?: Repeat;
}

/** The path of an endpoint, or that of v3, where other platforms have some calls alone. */
type ServedPath<E extends EndpointDefinition> =
  | E['path']
  | (E['path'] extends `/api/v2/${infer Rest}` ? `/api/v3/${Rest}` : never);

export class Transport {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly #apiKey: string | null;
  readonly #session: string | null;
  readonly #fetch: typeof fetch;
  readonly #userAgent: string | null;
  readonly #remembered = new RememberedAnswers();
  readonly #onWarning: ((warning: PlatformWarning) => void) | null;
  /** What `GET server/` says; null where the platform has no such endpoint, undefined while nobody asked. */
  #info: Partial<ServerInfo> | null | undefined;

  constructor(options: QuarryOptions) {
    this.baseUrl = normalizeBaseUrl(options.baseUrl);
    this.timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    this.maxRetries = options.maxRetries ?? MAX_RETRIES;
    this.#apiKey = checkKey(options.apiKey);
    this.#session = checkKey(options.session, 'session token');
    if (this.#apiKey !== null && this.#session !== null) {
      throw new QuarryError('A client has a key or a session, not both.', {
        hint: 'Give apiKey to a program, session to a page of the platform.',
      });
    }
    // Called as a plain function: a browser's fetch refuses any other `this`.
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    this.#userAgent = options.userAgent ?? null;
    this.#onWarning = options.onWarning ?? null;
  }

  /**
   * Calls one endpoint of the contract: method, path, input and result are checked at compile time.
   * Rejects with an `ApiError` of the status, a `ConnectionError` or a `TimeoutError`.
   */
  async send<E extends EndpointDefinition>(
    method: NoInfer<E['method']>,
    path: NoInfer<ServedPath<E>>,
    ...[input]: InputArguments<E>
  ): Promise<ResponseOf<E>> {
    const { params, query, body, ...call } = (input ?? {}) as {
      params?: Record<string, unknown>;
      query?: unknown;
      body?: unknown;
    } & KeyedCallOptions;
    const filled = fillPath(path, params) + formatQuery(query);
    return (await this.json({ method, path: filled, ...jsonBody(body), ...call })) as ResponseOf<E>;
  }

  /** A list endpoint of the contract, asked for when it is used. */
  list<E extends EndpointDefinition>(
    path: NoInfer<ServedPath<E>>,
    ...[input]: InputArguments<E>
  ): Listing<ItemOf<E>> {
    const { params, query, ...call } = (input ?? {}) as {
      params?: Record<string, unknown>;
      query?: unknown;
    } & CallOptions;
    return new Listing(this, fillPath(path, params) + formatQuery(query), call);
  }

  /** Sends and reads a JSON answer; `undefined` for an empty one. What was read before and still holds is not sent again. */
  json(spec: RequestSpec): Promise<unknown> {
    const known = spec.method === 'GET' ? this.#remembered.find(spec.path) : undefined;
    const asked = known ? { ...spec, headers: { ...spec.headers, 'if-none-match': known.tag } } : spec;
    return this.exchange(asked, async (response) => {
      const text = known && response.status === 304 ? known.text : await response.text();
      if (spec.method === 'GET' && response.status === 200) {
        this.#remembered.keep(spec.path, response.headers.get('etag'), text);
      }
      const parsed = text.trim() === '' ? undefined : parseJson(text, spec);
      this.warn(response.headers, parsed, spec);
      return parsed;
    });
  }

  /**
   * Sends, and hands the first good response to `read`, whose failures count as failures of the request. A DELETE
   * repeated after a lost answer takes 404 for done.
   */
  async exchange<T>(spec: RequestSpec, read: (response: Response) => Promise<T>): Promise<T> {
    return this.retrying(spec, async (gone) => {
      const cut = new AbortController();
      const timeoutMs = spec.timeoutMs ?? this.timeoutMs;
      const timer =
        Number.isFinite(timeoutMs) && setTimeout(() => cut.abort(timedOut(spec, timeoutMs)), timeoutMs);
      const signal = spec.signal ? AbortSignal.any([spec.signal, cut.signal]) : cut.signal;
      try {
        const response = await this.#follow(spec, signal);
        const isConfirmed = response.status === 304 && spec.headers?.['if-none-match'] !== undefined;
        if (response.ok || isConfirmed || (gone && response.status === 404)) {
          return await read(gone ? new Response() : response);
        }
        throw await errorOf(response, spec);
      } catch (error) {
        throw this.#explain(error, spec, cut.signal);
      } finally {
        if (timer !== false) {
          clearTimeout(timer);
        }
      }
    });
  }

  /** The options of a call whose request may be repeated where the platform minds keys, with its key. */
  keyed<Options extends KeyedCallOptions>(call: Options): Options & KeyedCallOptions {
    const idempotencyKey = keyOf(call.idempotencyKey, this.baseUrl);
    return idempotencyKey === undefined ? call : { ...call, idempotencyKey };
  }

  /** Repeats `once` by the rules of `retry.ts`; `gone` tells it that an earlier DELETE may have succeeded. */
  async retrying<T>(
    spec: Pick<RequestSpec, 'method' | 'repeat' | 'signal' | 'idempotencyKey'>,
    once: (gone: boolean) => Promise<T>,
  ): Promise<T> {
    const repeat = spec.repeat ?? repeatOf(spec.method);
    let gone = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(gone);
      } catch (error) {
        const allowed = (await this.#isSafeByKey(error, spec, attempt)) ? 'always' : repeat;
        const pause = pauseBeforeRetry(error, allowed, attempt, this.maxRetries);
        if (pause === null) {
          throw error;
        }
        gone ||= spec.method === 'DELETE' && error instanceof QuarryError && mayHaveHappened(error);
        await delay(pause, spec.signal);
      }
    }
  }

  /** Headers of every request, credentials included: only for addresses of the platform itself. */
  headers(): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.#userAgent !== null) {
      headers['user-agent'] = this.#userAgent;
    }
    if (this.#apiKey !== null) {
      headers.authorization = authorization(this.#apiKey);
    }
    if (this.#session !== null) {
      headers['x-quarry-session'] = this.#session;
    }
    return headers;
  }

  /**
   * Absolute address of a path below the base URL; such an address stays as it is. Any other one is refused, since
   * credentials would go there.
   */
  url(path: string): string {
    if (path.startsWith('/')) {
      return this.baseUrl + path;
    }
    if (path.startsWith(`${this.baseUrl}/`)) {
      return path;
    }
    throw new QuarryError(`${path} is no address of the platform ${this.baseUrl}.`, {
      hint: 'Give a path that begins with "/".',
    });
  }

  /**
   * A link that the platform wrote, such as `next`, on the address we were given: behind a proxy a platform may
   * name itself otherwise, and credentials go to no host that the user did not choose.
   */
  ownUrl(link: string): string {
    const url = URL.parse(link, `${this.baseUrl}/`);
    if (url === null) {
      throw new InvalidResponseError(`The platform sent ${JSON.stringify(link)} where a link belongs.`);
    }
    const start = url.pathname.indexOf('/api/');
    return this.baseUrl + url.pathname.slice(Math.max(0, start)) + url.search;
  }

  warn(
    headers: { get(name: string): string | null },
    body: unknown,
    spec: Pick<RequestSpec, 'method' | 'path'>,
  ): void {
    if (this.#onWarning === null) {
      return;
    }
    for (const message of readWarnings(headers.get('warning'), body)) {
      this.#onWarning({ message, method: spec.method, path: spec.path });
    }
  }

  async #follow(spec: RequestSpec, signal: AbortSignal): Promise<Response> {
    let url = this.url(spec.path);
    let headers = { ...this.headers(), ...spec.headers };
    if (spec.idempotencyKey !== undefined) {
      headers[IDEMPOTENCY_HEADER] = spec.idempotencyKey;
    }
    for (let hops = 0; ; hops++) {
      const init: RequestInit & { duplex?: 'half' } = {
        method: spec.method,
        headers,
        signal,
        redirect: 'manual',
      };
      if (spec.body !== undefined) {
        init.body = spec.body;
      }
      if (spec.body instanceof ReadableStream) {
        init.duplex = 'half';
      }
      const response = await this.#fetch(url, init);
      if (response.type === 'opaqueredirect') {
        return this.#followInBrowser(url, init, spec);
      }
      const location =
        response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
      if (location === null) {
        return response;
      }
      await response.body?.cancel();
      if (hops >= MAX_REDIRECTS) {
        throw new ConnectionError(`${url} redirects more than ${MAX_REDIRECTS} times.`);
      }
      const target = new URL(location, url).href;
      if (spec.method !== 'GET' && spec.method !== 'HEAD') {
        throw redirected(spec, target);
      }
      headers = headersAfterRedirect(headers, url, target);
      url = target;
    }
  }

  /** Browsers hide where a redirect goes; their own following drops `Authorization` on another origin, and no other header. */
  #followInBrowser(url: string, init: RequestInit, spec: RequestSpec): Promise<Response> {
    if (this.#session !== null || (spec.method !== 'GET' && spec.method !== 'HEAD')) {
      throw redirected(spec, 'another address');
    }
    return this.#fetch(url, { ...init, redirect: 'follow' });
  }

  /** Whether a failed request may be repeated only because its key keeps the platform from doing it twice. */
  async #isSafeByKey(
    error: unknown,
    { repeat, signal, idempotencyKey }: Pick<RequestSpec, 'repeat' | 'signal' | 'idempotencyKey'>,
    attempt: number,
  ): Promise<boolean> {
    if (idempotencyKey === undefined || repeat === 'never') {
      return false;
    }
    const isWorthIt = pauseBeforeRetry(error, 'always', attempt, this.maxRetries) !== null;
    const isAllowed = pauseBeforeRetry(error, 'refused', attempt, this.maxRetries) !== null;
    return isWorthIt && !isAllowed && this.#doesMindKeys(signal);
  }

  /**
   * What the platform can do beyond the API that all platforms have; empty where it does not tell. Asked once, when it
   * first matters.
   */
  async features(call: CallOptions = {}): Promise<ReadonlySet<ServerFeature>> {
    return new Set((await this.#about(call.signal))?.features ?? []) as ReadonlySet<ServerFeature>;
  }

  async #doesMindKeys(signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#about(signal))?.idempotencyKeys === true;
  }

  /** Asked only when it matters, and until the platform has said something: most programs never need to know. */
  async #about(signal: AbortSignal | undefined): Promise<Partial<ServerInfo> | null> {
    if (this.#info !== undefined) {
      return this.#info;
    }
    try {
      const call = signal ? { signal } : {};
      const info = await this.json({ method: 'GET', path: '/api/v2/server/', ...call });
      this.#info = (info ?? null) as Partial<ServerInfo> | null;
    } catch (error) {
      if (signal?.aborted) {
        throw signal.reason;
      }
      if (isOutage(error)) {
        return null;
      }
      this.#info = null;
    }
    return this.#info;
  }

  #explain(error: unknown, spec: RequestSpec, cut: AbortSignal): unknown {
    if (spec.signal?.aborted) {
      return spec.signal.reason;
    }
    if (cut.aborted) {
      return cut.reason;
    }
    if (error instanceof QuarryError) {
      return error;
    }
    return connectionError(error, spec.method, this.url(spec.path));
  }
}

/** Wraps what `fetch` or a socket threw, with the reason that lies below it. */
export function connectionError(error: unknown, method: string, url: string): ConnectionError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const words = cause instanceof Error && cause.message !== '' ? cause.message : code || String(cause);
  const refused = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  return new ConnectionError(`${method} ${url} got no complete answer: ${words}`, {
    cause: error,
    hint: refused
      ? 'Check the address and that the platform is running; `quarry serve` starts one on this machine.'
      : 'The connection broke; try again, and check the network if it happens again.',
  });
}

/** Reads an error answer, at most `ERROR_BODY_BYTES` of it. */
async function errorOf(response: Response, spec: Pick<RequestSpec, 'method' | 'path'>): Promise<QuarryError> {
  const text = await readAtMost(response, ERROR_BODY_BYTES);
  const { status, headers } = response;
  return apiErrorFrom({ status, method: spec.method, path: spec.path, headers, text });
}

async function readAtMost(response: Response, limit: number): Promise<string> {
  if (response.body === null) {
    return '';
  }
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = '';
  for (let bytes = 0; bytes < limit; ) {
    const { done, value } = await reader.read();
    if (done) {
      return text + decoder.decode();
    }
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

function jsonBody(body: unknown): Pick<RequestSpec, 'body' | 'headers'> {
  if (body === undefined) {
    return {};
  }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

function parseJson(text: string, spec: RequestSpec): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidResponseError(
      `${spec.method} ${spec.path} was answered with something that is not JSON.`,
      {
        cause,
        hint: 'Check that the base URL is the root of a platform and not of its portal or of a proxy.',
      },
    );
  }
}

function checkKey(key: string | undefined, what = 'API key'): string | null {
  const trimmed = key?.trim() ?? '';
  if (trimmed === '') {
    return null;
  }
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new QuarryError(`The ${what} holds characters that no key has.`, {
      hint: 'Copy it again, without blanks, quotes or line breaks inside.',
    });
  }
  return trimmed;
}

/** Three dot-separated parts that begin with `ey` are a JWT. */
function authorization(key: string): string {
  return `${/^ey[\w-]*\.[\w-]+\.[\w-]*$/.test(key) ? 'Bearer' : 'Token'} ${key}`;
}

/** The refusal to send what is not a read to an address that the user has not named. */
export function redirected(spec: Pick<RequestSpec, 'method' | 'path'>, target: string): QuarryError {
  return new RedirectedError(
    `${spec.method} ${spec.path} was redirected to ${target}, and was not sent there.`,
    {
      hint: 'Set the base URL to the address that the platform answers on itself.',
    },
  );
}

function timedOut(spec: RequestSpec, timeoutMs: number): TimeoutError {
  return new TimeoutError(`${spec.method} ${spec.path} was not answered within ${timeoutMs / 1000} s.`, {
    hint: 'Try again, or allow more with timeoutMs.',
  });
}
