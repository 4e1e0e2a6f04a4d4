/**
 * Errors in three kinds: a `Refusal` is the caller's to mend and carries the answer; everything else that
 * reaches the edge is a bug and becomes a 500 that names the request.
 */

export interface RefusalOptions {
  /** Stable word for programs, such as `job_started`. */
  code: string;
  /** What the caller can do about it. */
  hint?: string;
  cause?: unknown;
  headers?: Record<string, string>;
}

/** A request that cannot be served as it stands; becomes an answer in the shapes of Django REST framework. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(status: number, body: Record<string, unknown>, options: Partial<RefusalOptions> = {}) {
    super(typeof body.detail === 'string' ? body.detail : JSON.stringify(body), { cause: options.cause });
    this.status = status;
    this.body = body;
    this.headers = options.headers ?? {};
  }
}

function detailed(status: number, detail: string, options: RefusalOptions): Refusal {
  const { code, hint } = options;
  return new Refusal(status, hint ? { detail, code, hint } : { detail, code }, options);
}

/** 400 about named fields: leaves are lists of strings, as clients join them. */
export function invalidFields(fields: Record<string, unknown>): Refusal {
  return new Refusal(400, fields);
}

/** 400 about the request as a whole. */
export function badRequest(detail: string, options: RefusalOptions): Refusal {
  return detailed(400, detail, options);
}

export function unauthenticated(detail: string, hint: string): Refusal {
  return detailed(401, detail, { code: 'not_authenticated', hint, headers: { 'www-authenticate': 'Token' } });
}

export function forbidden(detail: string, hint: string): Refusal {
  return detailed(403, detail, { code: 'permission_denied', hint });
}

/** 404 for what is not there and for what is somebody else's: the answer must not tell the two apart. */
export function notFound(what = 'Not found.'): Refusal {
  return detailed(404, what, {
    code: 'not_found',
    hint: 'Check the id (ids are case-sensitive) and whose key the request carries.',
  });
}

/** 404 for an address that no version of the API that is served here has; clients of other versions say so to their users. */
export function unknownPath(path: string, version: string): Refusal {
  return detailed(404, `There is nothing at ${path}.`, {
    code: 'unknown_path',
    hint: `This server is Quarry ${version}: /api/reference/ shows what it answers. A client that was made for another version may know calls that it does not have.`,
  });
}

export function methodNotAllowed(method: string, allowed: readonly string[]): Refusal {
  return detailed(405, `Method "${method}" not allowed.`, {
    code: 'method_not_allowed',
    hint: `Allowed here: ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  });
}

export function conflict(detail: string, options: RefusalOptions): Refusal {
  return detailed(409, detail, options);
}

export function tooLarge(detail: string, hint: string): Refusal {
  return detailed(413, detail, { code: 'too_large', hint });
}

/** 408: the client began a body and did not finish it. */
export function bodyTimeout(seconds: number): Refusal {
  return detailed(408, `The request body did not arrive within ${seconds} seconds.`, {
    code: 'body_timeout',
    hint: 'Send the whole body at once, of the length that Content-Length says.',
  });
}

export function urlTooLong(limit: number): Refusal {
  return detailed(414, `The URL is longer than ${limit} bytes.`, {
    code: 'url_too_long',
    hint: 'Shorten the query.',
  });
}

export function unsupportedMediaType(mediaType: string, allowed: string): Refusal {
  return detailed(415, `Unsupported media type "${mediaType}" in request.`, {
    code: 'unsupported_media_type',
    hint: `Send the body as ${allowed}.`,
  });
}

/** 417: whatever a header `Expect` asks for beside 100-continue. */
export function expectationFailed(expectation: string): Refusal {
  return detailed(417, `The expectation "${expectation.slice(0, 100)}" cannot be met.`, {
    code: 'expectation_failed',
    hint: 'Leave the header Expect out, or send "Expect: 100-continue".',
  });
}

/** 422: the request is in order by itself, but contradicts what its `Idempotency-Key` stands for. */
export function keyReused(detail: string, hint: string): Refusal {
  return detailed(422, detail, { code: 'idempotency_key_reused', hint });
}

/** 429: the caller has done, or has under way, as much of something as may be; `Retry-After` says when to try again. */
export function tooManyRequests(
  detail: string,
  { retryAfterSeconds, hint, code }: { retryAfterSeconds: number; hint: string; code?: string },
): Refusal {
  return detailed(429, detail, {
    code: code ?? 'too_many_requests',
    hint,
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

/** 501: a body in a transfer coding that is not undone here, so that its bytes would be taken for something else. */
export function transferCodingUnknown(coding: string): Refusal {
  return detailed(501, `The transfer coding "${coding.slice(0, 100)}" is not known here.`, {
    code: 'transfer_coding_unknown',
    hint: 'Send the body as it is, with a Content-Length or with "Transfer-Encoding: chunked".',
    headers: { connection: 'close' },
  });
}

/** 505 */
export function versionNotSupported(version: string): Refusal {
  return detailed(505, `HTTP/${version} is not spoken here.`, {
    code: 'version_not_supported',
    hint: 'Speak HTTP/1.1.',
    headers: { connection: 'close' },
  });
}

/** 503: anybody may ask, so why is for the log alone. */
export function notReady(): Refusal {
  return detailed(503, 'The server is not ready to work.', {
    code: 'not_ready',
    hint: 'It may be starting or stopping. Whoever runs the platform finds the reason in its log.',
    headers: { 'retry-after': '1' },
  });
}

/** 507: the disk under the data directory is full. */
export function storageFull(cause?: unknown): Refusal {
  return detailed(507, 'There is no space left on the storage of this platform.', {
    code: 'storage_full',
    hint: 'Delete files or jobs that are no longer needed, or ask whoever runs the platform for space; then try again.',
    cause,
  });
}

/** True for errors of the file system or the database that mean a full disk or an exhausted quota. */
export function meansStorageFull(error: unknown): boolean {
  const { code, errcode, cause } = (error ?? {}) as { code?: string; errcode?: number; cause?: unknown };
  const SQLITE_FULL = 13;
  // No room for the file of shared memory, without which a database in WAL mode cannot be opened.
  const SQLITE_IOERR_SHMSIZE = 4874;
  if (code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_IOERR_SHMSIZE) return true;
  if (errcode !== undefined && (errcode & 0xff) === SQLITE_FULL) return true;
  return cause !== undefined && cause !== error && meansStorageFull(cause);
}
