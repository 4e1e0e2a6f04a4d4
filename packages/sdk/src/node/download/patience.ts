import { delay } from '../../delay.ts';
import { RateLimitError, ServerError } from '../../errors.ts';
import { pauseBeforeRetry } from '../../retry.ts';
import { explain } from '../http.ts';
import type { Remote } from './remote.ts';

export interface PatienceOptions {
  remote: Remote;
  signal: AbortSignal;
  /** All bytes that have come by this way; each one makes the patience new. */
  gainedBytes: () => number;
  onRetry: (message: string, waitMs: number) => void;
  /** The server has more to do than it can: 429 or 503. */
  onRefusal: () => void;
}

/**
 * Repeats what fails for passing reasons, after pauses that grow and that the server may set by `Retry-After`. Rejects
 * with what lasts, and with what has not passed after all attempts.
 */
export async function patiently<T>(once: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const { remote, signal, gainedBytes, onRetry, onRefusal } = options;
  let before = gainedBytes();
  for (let attempt = 0; ; attempt++) {
    try {
      return await once();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = explain(thrown, 'GET', remote.url);
      if (gainedBytes() > before) {
        attempt = 0;
      }
      before = gainedBytes();
      if (isRefusal(error)) {
        onRefusal();
      }
      const pause = pauseBeforeRetry(error, 'always', attempt, remote.source.maxRetries);
      if (pause === null) {
        throw error;
      }
      onRetry((error as Error).message, Math.round(pause));
      await delay(pause, signal);
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof RateLimitError || (error instanceof ServerError && error.status === 503);
}
