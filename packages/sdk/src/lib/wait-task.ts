import type { Task } from '@quarry/contract';
import { deferred } from '../deferred.ts';
import { delay } from '../delay.ts';
import { isOutage, TimeoutError } from '../errors.ts';
import {
  TASK_LONGEST_INTERVAL_MS,
  TASK_TOLD_INTERVAL_MS,
  WAIT_FIRST_INTERVAL_MS,
  WAIT_OUTAGE_MS,
} from '../limits.ts';
import type { Transport } from '../transport.ts';
import { platformEvents } from './platform-events.ts';

export interface TaskWaitOptions {
  signal?: AbortSignal;
  /** Called with each look at it, for progress. */
  onLook?: (task: Task) => void;
  /** Limit of the whole wait; none when absent. */
  timeoutMs?: number;
}

const GROWTH = 1.5;

/**
 * Waits until a task has ended: the platform tells of its end, and is asked now and then all the same; where it does not tell, or somebody
 * wants to see how far it is, it is asked again and again. Outages shorter than five minutes are sat out.
 */
export async function waitForTask(
  look: () => Promise<Task>,
  { transport, taskId }: { transport: Transport; taskId: string },
  { signal, onLook, timeoutMs = Number.POSITIVE_INFINITY }: TaskWaitOptions,
): Promise<Task> {
  const startedAt = performance.now();
  let answeredAt = startedAt;
  let seen = '';
  let last: Task | null = null;
  let end: TaskEnd | null = null;
  try {
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
      // How far it is is not told.
      if (onLook !== undefined) {
        await delay(Math.min(pauseMs, left), signal);
        continue;
      }
      end ??= new TaskEnd(transport, taskId);
      await end.orAfter(Math.min(end.isWatched ? TASK_TOLD_INTERVAL_MS : pauseMs, left), signal);
    }
  } finally {
    end?.close();
  }
}

const ENDS = ['done', 'failed', 'cancelled'];

/** The end of a task as the platform tells it, and the moment from which it will. */
class TaskEnd {
  readonly #leaving = new AbortController();
  #news = deferred<void>();
  /** Whether an end that comes now is told. */
  isWatched = false;

  constructor(transport: Transport, taskId: string) {
    this.#watch(transport, taskId).catch(() => {
      // A platform that tells nothing, or not to so many at once: it is asked.
      this.isWatched = false;
    });
  }

  /** Resolves when there is a reason to look, and after so long in any case. */
  async orAfter(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const enough = new AbortController();
    const pause = delay(ms, signal ? AbortSignal.any([signal, enough.signal]) : enough.signal);
    pause.catch(() => undefined);
    await Promise.race([pause, this.#news.promise]);
    enough.abort();
    this.#news = deferred();
  }

  close(): void {
    this.#leaving.abort();
  }

  async #watch(transport: Transport, taskId: string): Promise<void> {
    for await (const news of platformEvents(transport, { verbs: ENDS, signal: this.#leaving.signal })) {
      const isOfTask =
        news.type === 'event' && news.event.subject.type === 'task' && news.event.subject.id === taskId;
      if (news.type !== 'event' || isOfTask) {
        this.isWatched = true;
        this.#news.resolve();
      }
    }
  }
}
