import { delay } from '../../delay.ts';
import { ApiError, ConflictError, ConnectionError } from '../../errors.ts';
import { pauseBeforeRetry } from '../../retry.ts';
import type { Transport } from '../../transport.ts';

export interface PatienceOptions {
  transport: Transport;
  signal: AbortSignal | undefined;
  /** Bytes that arrived so far: each one that is new makes the patience new. */
  arrived: () => number;
  /** Told before each pause. */
  onRetry: (error: Error, waitMs: number) => void;
}

/** The platform has not given up the connection yet that brought bytes of the same part before. */
const LOCKED = 423;

/** Repeats what fails for passing reasons, a part that another connection still has among them; `attempt` of 0 is the first one. */
export async function patiently<T>(
  once: (attempt: number) => Promise<T>,
  { transport, signal, arrived, onRetry }: PatienceOptions,
): Promise<T> {
  let fruitless = 0;
  for (let attempt = 0; ; attempt++) {
    const before = arrived();
    try {
      return await once(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (arrived() > before) {
        fruitless = 0;
      }
      const waitMs = pauseOf(error, fruitless, transport.maxRetries);
      if (waitMs === null) {
        throw error;
      }
      fruitless += 1;
      onRetry(error as Error, waitMs);
      await delay(waitMs, signal);
    }
  }
}

function pauseOf(error: unknown, attempt: number, maxRetries: number): number | null {
  const isTaken = error instanceof ConflictError || (error instanceof ApiError && error.status === LOCKED);
  return pauseBeforeRetry(
    isTaken ? new ConnectionError(error.message) : error,
    'always',
    attempt,
    maxRetries,
  );
}
