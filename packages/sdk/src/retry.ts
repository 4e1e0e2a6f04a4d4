/**
 * When a failed request may be sent again. A create, an upload or a submit that was cut off may have happened, so
 * only 429, which says it did not, lets those be repeated; or a key that the platform minds, see `idempotency.ts`.
 */
import {
  ApiError,
  ConnectionError,
  type QuarryError,
  RateLimitError,
  RedirectedError,
  ServerError,
  TimeoutError,
} from './errors.ts';
import { RETRY_AFTER_LONGEST_SECONDS, RETRY_FIRST_PAUSE_MS, RETRY_LONGEST_PAUSE_MS } from './limits.ts';

/** `always`: repeating changes nothing. `refused`: only what was surely not done. `never`: the body is spent. */
export type Repeat = 'always' | 'refused' | 'never';

/** 5xx that will be the same the next time: not implemented, version not supported, storage full. */
const LASTING_SERVER_ERRORS = new Set([501, 505, 507]);

export function repeatOf(method: string): Repeat {
  return method === 'GET' || method === 'HEAD' || method === 'PUT' || method === 'DELETE'
    ? 'always'
    : 'refused';
}

/** Milliseconds to wait before attempt `attempt + 1`, `null` when it must not or need not be made. */
export function pauseBeforeRetry(
  error: unknown,
  repeat: Repeat,
  attempt: number,
  maxRetries: number,
): number | null {
  if (attempt >= maxRetries || repeat === 'never') {
    return null;
  }
  if (error instanceof RateLimitError) {
    return pauseAsked(error, attempt);
  }
  if (repeat !== 'always') {
    return null;
  }
  if (error instanceof ServerError) {
    return LASTING_SERVER_ERRORS.has(error.status) ? null : pauseAsked(error, attempt);
  }
  if (error instanceof RedirectedError) {
    return null;
  }
  return error instanceof ConnectionError || error instanceof TimeoutError ? backOff(attempt) : null;
}

/** True when the request may have been carried out although no answer came. */
export function mayHaveHappened(error: QuarryError): boolean {
  return !(error instanceof ApiError) || error instanceof ServerError;
}

function pauseAsked(error: RateLimitError | ServerError, attempt: number): number | null {
  const seconds = error.retryAfterSeconds;
  if (seconds === null) {
    return backOff(attempt);
  }
  // Spread a little, upwards only: many clients are told the same second.
  return seconds > RETRY_AFTER_LONGEST_SECONDS ? null : seconds * 1000 + Math.random() * RETRY_FIRST_PAUSE_MS;
}

function backOff(attempt: number): number {
  const pause = Math.min(RETRY_FIRST_PAUSE_MS * 2 ** attempt, RETRY_LONGEST_PAUSE_MS);
  return pause * (0.5 + Math.random() / 2);
}
