import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ApiVersion, BodyOf, EndpointDefinition, ParamsOf, QueryOf } from '@quarry/contract';
import type { Caller } from '../access/caller.ts';
import { EVENT_STREAM_HEADERS, type EventStream, type EventStreamOptions } from './event-stream.ts';

/** What a handler gets: everything parsed, the caller known and allowed to call this endpoint. */
export interface Call<Endpoint extends EndpointDefinition = EndpointDefinition> {
  params: ParamsOf<Endpoint>;
  query: QueryOf<Endpoint>;
  body: BodyOf<Endpoint>;
  caller: Caller;
  method: string;
  /** The version in the path; the unversioned alias is v2. */
  version: ApiVersion;
  /** Scheme, host and port as the requester sees them, without a trailing slash. */
  baseUrl: string;
  /** The request's path and query as sent. */
  url: string;
  headers: IncomingHttpHeaders;
  /** Who sent the request, as far as one client can be told from another. */
  readonly address: string;
  /** The origin of the page of ours that has sent the request; refuses when it came from elsewhere. */
  ownOrigin(): string;
  /** From the header `Idempotency-Key`, where the endpoint knows it; null without one. */
  idempotency: RequestIdentity | null;
  /** The body's bytes, for `multipart` and `bytes` endpoints. */
  stream: Readable;
  /** Aborted when the client has gone before the answer was complete. */
  signal: AbortSignal;
  /**
   * For answers that take long: whoever sent the request, with the role of now. Refuses when the credentials have ended
   * since it began.
   */
  authenticateAgain(): Promise<Caller>;
  /** Tells the caller about something that was accepted without effect. */
  warn(text: string): void;
  /** Tells the caller that this is the answer of an earlier request with the same key. */
  replayed(): void;
}

/** What tells a repeated request from a new one. */
export interface RequestIdentity {
  key: string;
  /** SHA-256 over method, path, query and JSON body, hex; the content of uploads is not in it. */
  fingerprint: string;
}

/** A body that is read into memory of the sender, piece by piece. */
export interface Pieces {
  /** Bytes of the whole body. */
  readonly length: number;
  /** Fills `into` from `position` on, perhaps not wholly; answers the number of bytes, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A body that is told as things happen, to a reader who stays. */
export interface Told {
  readonly options: EventStreamOptions;
  /** Resolves when there is nothing more to tell, or nobody left to be told. For HEAD it is not called. */
  tell(stream: EventStream): Promise<void>;
  /** Called in any case, last. */
  close(): void;
}

/** An answer that is not simply the endpoint's status and JSON. */
export class Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Readable | Pieces | Told | string | null;
  /** Whether it may be tagged and compressed, unlike the bytes of a file, which are sent as they are. */
  readonly isText: boolean;

  constructor(
    status: number,
    headers: Record<string, string>,
    body: Readable | Pieces | Told | string | null,
    { isText = false } = {},
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.isText = isText;
  }

  /** A text of the platform's own, such as JSON that is written while it is sent. */
  static text(headers: Record<string, string>, body: Readable | string): Answer {
    return new Answer(200, headers, body, { isText: true });
  }

  /** Events, as they happen. */
  static events(told: Told): Answer {
    return new Answer(200, EVENT_STREAM_HEADERS, told);
  }

  /** JSON from an endpoint that may also answer with bytes. */
  static json(value: unknown): Answer {
    return Answer.text({ 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(value));
  }
}

export interface Route {
  endpoint: EndpointDefinition;
  /** Headers that OPTIONS at this path answers beside `Allow`. */
  optionsHeaders?: Readonly<Record<string, string>>;
  /** Whether a header `Authorization` opens the endpoint by itself, without being anybody's key. */
  accepts?: (authorization: string | undefined) => boolean;
  handle(call: Call): Promise<unknown>;
}

/** Binds an endpoint of the contract to the code that serves it; the result is JSON, an `Answer`, or nothing. */
export function route<const Endpoint extends EndpointDefinition>(
  endpoint: Endpoint,
  handle: (call: Call<Endpoint>) => Promise<unknown>,
  options: Pick<Route, 'optionsHeaders' | 'accepts'> = {},
): Route {
  return { endpoint, handle: handle as Route['handle'], ...options };
}
