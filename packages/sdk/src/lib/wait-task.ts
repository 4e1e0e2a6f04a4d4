import type { Task } from '@quarry/contract';
import { delay } from '../delay.ts';
import { isOutage, TimeoutError } from '../errors.ts';
import { TASK_LONGEST_INTERVAL_MS, WAIT_FIRST_INTERVAL_MS, WAIT_OUTAGE_MS } from '../limits.ts';

export interface TaskWaitOptions {
  signal?: AbortSignal;
  /** Called with each look at it, for progress. */
  onLook?: (task: Task) => void;
  /** Limit of the whole wait; none when absent. */
  timeoutMs?: number;
}

const GROWTH = 1.5;

/** Looks at a task again and again until it has ended. Outages shorter than five minutes are sat out. */
export async function waitForTask(
  look: () => Promise<Task>,
  { signal, onLook, timeoutMs = Number.POSITIVE_INFINITY }: TaskWaitOptions,
): Promise<Task> {
  const startedAt = performance.now();
  let answeredAt = startedAt;
  let seen = '';
  let last: Task | null = null;
  for (let pauseMs = WAIT_FIRST_INTERVAL_MS; ; ) {
    try {
      last = await look();
      answeredAt = performance.now();
      onLook?.(last);
    } catch (error) {
      if (!isOutage(error) || performance.now() - answeredAt >= WAIT_OUTAGE_MS) {
        throw error;
      }
    }
    if (last?.ready) {
      return last;
    }
    const left = timeoutMs - (performance.now() - startedAt);
    if (left <= 0) {
      throw new TimeoutError(`The task did not end within ${timeoutMs / 1000} s; it is ${last?.status}.`, {
        hint: 'It goes on: wait again with a longer timeoutMs, or cancel it.',
      });
    }
    const now = last === null ? '' : JSON.stringify([last.status, last.progress]);
    pauseMs = now === seen ? Math.min(pauseMs * GROWTH, TASK_LONGEST_INTERVAL_MS) : WAIT_FIRST_INTERVAL_MS;
    seen = now;
    await delay(Math.min(pauseMs, left), signal);
  }
}
