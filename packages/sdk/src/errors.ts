/**
 * Every error this package throws is a `QuarryError`, except an abort: a call whose `signal` is aborted rejects
 * with the signal's own reason, as `fetch` does.
 */
import { type ErrorBody, type FieldError, readErrorBody } from './error-body.ts';
import { isUnknownCall, type RefusedCall, wordsForUnknownCall } from './versions.ts';

/** Base of all errors of this package; `hint` says what to do when there is something to do. */
export class QuarryError extends Error {
  override name = 'QuarryError';
  readonly hint: string | null;

  constructor(message: string, options: { cause?: unknown; hint?: string | null } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint ?? null;
  }
}

/** What an `ApiError` is made of. */
export interface ApiErrorParts {
  status: number;
  method: string;
  path: string;
  headers: { get(name: string): string | null };
  /** The raw text of the body. */
  text: string;
}

/** The platform answered and refused; `message` is in its own words. */
export class ApiError extends QuarryError {
  override name = 'ApiError';
  readonly status: number;
  readonly method: string;
  readonly path: string;
  /** The parsed body, or its text when it was not JSON. */
  readonly body: unknown;
  /** The `detail` of the body, `null` when the refusal is about fields. */
  readonly detail: string | null;
  /** One entry per message, nested names joined: `jobanalyses[0].hardware.coresPerSlot`. */
  readonly fieldErrors: readonly FieldError[];
  /** A stable word for programs, where the platform sends one. */
  readonly code: string | null;
  /** Address of a page that explains the refusal, where the platform sends one. */
  readonly docs: string | null;
  /** What the platform's log knows the request by, where it tells. */
  readonly requestId: string | null;
  /** Version of the Quarry server that answered; `null` for other platforms, and for early Quarry servers. */
  readonly serverVersion: string | null;

  constructor(parts: ApiErrorParts) {
    const read = readErrorBody(parts.text);
    super(describe(parts, read), { hint: hintFor(parts, read) });
    this.status = parts.status;
    this.method = parts.method;
    this.path = parts.path;
    this.body = read.body;
    this.detail = read.detail;
    this.fieldErrors = read.fieldErrors;
    this.code = read.code;
    this.docs = read.docs;
    this.requestId = requestIdOf(parts, read);
    this.serverVersion = parts.headers.get(VERSION_HEADER);
  }
}

export class BadRequestError extends ApiError {
  override name = 'BadRequestError';
}

/** 401: the key is missing, unknown or expired. */
export class AuthenticationError extends ApiError {
  override name = 'AuthenticationError';
}

/** 403: the key is good and may not do this. */
export class PermissionError extends ApiError {
  override name = 'PermissionError';
}

/** 404; another user's object answers so, too. */
export class NotFoundError extends ApiError {
  override name = 'NotFoundError';
}

/** 404 or 405: the platform has no such call, mostly since it is of another version than this package; the message names both. */
export class UnknownCallError extends NotFoundError {
  override name = 'UnknownCallError';
}

export class ConflictError extends ApiError {
  override name = 'ConflictError';
}

export class PayloadTooLargeError extends ApiError {
  override name = 'PayloadTooLargeError';
}

/** 429 after all retries, or with a `Retry-After` too long to sleep through. */
export class RateLimitError extends ApiError {
  override name = 'RateLimitError';
  readonly retryAfterSeconds: number | null;

  constructor(parts: ApiErrorParts) {
    super(parts);
    this.retryAfterSeconds = parseRetryAfter(parts.headers);
  }
}

/** 5xx: the fault is the platform's. */
export class ServerError extends ApiError {
  override name = 'ServerError';
  readonly retryAfterSeconds: number | null;

  constructor(parts: ApiErrorParts) {
    super(parts);
    this.retryAfterSeconds = parseRetryAfter(parts.headers);
  }
}

/** No answer: name not found, refused, reset, or cut off in the middle. */
export class ConnectionError extends QuarryError {
  override name = 'ConnectionError';
}

/** A write that was sent elsewhere: not followed, and not tried again, since it would be sent there again. */
export class RedirectedError extends ConnectionError {}

/** No answer in time, or a wait that outlasted its own limit. */
export class TimeoutError extends QuarryError {
  override name = 'TimeoutError';
}

/** Something answered, and it does not speak this API. */
export class InvalidResponseError extends QuarryError {
  override name = 'InvalidResponseError';
}

/** Bytes do not have the digest or the length that the platform states. */
export class IntegrityError extends QuarryError {
  override name = 'IntegrityError';
}

/** A download would replace a local file, and was not told to. */
export class FileExistsError extends QuarryError {
  override name = 'FileExistsError';
}

/** Why a local file could not be read or written. */
export type LocalFileProblem =
  | 'disk_full'
  | 'permission_denied'
  | 'read_only'
  | 'name_too_long'
  | 'is_directory'
  /** A file stands where a directory must be. */
  | 'not_directory'
  /** A link on the way leads out of the directory that is written to. */
  | 'leads_outside'
  | 'not_found'
  /** A socket, a pipe, a device, or links that lead in a circle. */
  | 'not_a_file'
  /** Another transfer has the same target. */
  | 'busy'
  | 'failed';

/** This machine's own disk is in the way; the system's error is the cause. */
export class LocalFileError extends QuarryError {
  override name = 'LocalFileError';
  readonly problem: LocalFileProblem;

  constructor(
    problem: LocalFileProblem,
    message: string,
    options: { cause?: unknown; hint?: string | null } = {},
  ) {
    super(message, options);
    this.problem = problem;
  }
}

/** One of many files, and why it failed. */
export interface FailedFile {
  path: string;
  error: unknown;
}

/** Some of many files failed; the others are in place. */
export class FilesFailedError extends QuarryError {
  override name = 'FilesFailedError';
  readonly failed: readonly FailedFile[];

  constructor(failed: readonly FailedFile[], doneFiles: number) {
    const lines = failed.slice(0, SHOWN_FAILURES).map(({ path, error }) => {
      const message = error instanceof Error ? error.message : String(error);
      return message.startsWith(path) ? message : `${path}: ${message}`;
    });
    if (failed.length > lines.length) {
      lines.push(`and ${failed.length - lines.length} more`);
    }
    super(`${failed.length} of ${failed.length + doneFiles} files failed:\n${lines.join('\n')}`, {
      cause: failed[0]?.error,
      hint: 'Start it again: files that are in place are not fetched again where you allow that they are kept.',
    });
    this.failed = failed;
  }
}

/** A message does not grow with the number of files. */
const SHOWN_FAILURES = 10;

/** Whether an error is the platform being away or busy, which may pass. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof TimeoutError ||
    error instanceof ServerError ||
    error instanceof RateLimitError
  );
}

/** The error class for a status, filled from the answer. */
export function apiErrorFrom(parts: ApiErrorParts): ApiError {
  switch (parts.status) {
    case 400:
      return new BadRequestError(parts);
    case 401:
      return new AuthenticationError(parts);
    case 403:
      return new PermissionError(parts);
    case 404:
      return isOfUnknownCall(parts) ? new UnknownCallError(parts) : new NotFoundError(parts);
    case 405:
      return isOfUnknownCall(parts) ? new UnknownCallError(parts) : new ApiError(parts);
    case 409:
      return new ConflictError(parts);
    case 413:
      return new PayloadTooLargeError(parts);
    case 429:
      return new RateLimitError(parts);
    default:
      return parts.status >= 500 ? new ServerError(parts) : new ApiError(parts);
  }
}

/**
 * Seconds to wait by a `Retry-After` header (seconds or an HTTP date), `null` when absent or unreadable. A date counts
 * from that of the answer: the clock of this machine may be another.
 */
function parseRetryAfter(headers: ApiErrorParts['headers']): number | null {
  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') {
    return null;
  }
  const seconds = Number(value);
  if (Number.isFinite(seconds)) {
    return Math.max(0, seconds);
  }
  const date = Date.parse(value);
  const saidAt = Date.parse(headers.get('date') ?? '');
  const now = Number.isNaN(saidAt) ? Date.now() : saidAt;
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000);
}

const VERSION_HEADER = 'quarry-version';

function requestIdOf({ headers }: ApiErrorParts, { requestId }: ErrorBody): string | null {
  return headers.get('x-request-id') ?? requestId;
}

/** Null where the platform has the call. */
function unknownCallOf(parts: ApiErrorParts, { code, detail, body }: ErrorBody): RefusedCall | null {
  const { status, method, path, text } = parts;
  const call = {
    status,
    method,
    path,
    code,
    detail,
    serverVersion: parts.headers.get(VERSION_HEADER),
    hasOwnBody: text.trim() === '' || (detail !== null && typeof body === 'object'),
  };
  return isUnknownCall(call) ? call : null;
}

function isOfUnknownCall(parts: ApiErrorParts): boolean {
  return unknownCallOf(parts, readErrorBody(parts.text)) !== null;
}

function hintFor(parts: ApiErrorParts, read: ErrorBody): string | null {
  const missing = unknownCallOf(parts, read);
  return missing === null ? read.hint : wordsForUnknownCall(missing).hint;
}

function describe(parts: ApiErrorParts, read: ErrorBody): string {
  const missing = unknownCallOf(parts, read);
  if (missing !== null) {
    return wordsForUnknownCall(missing).message;
  }
  const lines = read.detail === null ? [] : [read.detail];
  for (const { path, message } of read.fieldErrors) {
    lines.push(path === '' ? message : `${path}: ${message}`);
  }
  // What is the platform's fault is told to whoever runs it, who asks for this.
  const id = parts.status >= 500 ? requestIdOf(parts, read) : null;
  const request = `${parts.method} ${parts.path} answered ${parts.status}${id === null ? '' : `, request ${id}`}`;
  return lines.length === 0 ? `${request} without saying why.` : `${lines.join('\n')}\n(${request})`;
}
