import type { getJob, Job, JobStatus } from '@quarry/contract';
import { delay } from '../delay.ts';
import { isOutage, QuarryError, TimeoutError } from '../errors.ts';
import {
  STATUS_WAIT_MS,
  WAIT_FIRST_INTERVAL_MS,
  WAIT_FOR_FIRST_STATUS_MS,
  WAIT_LONGEST_INTERVAL_MS,
  WAIT_OUTAGE_MS,
} from '../limits.ts';
import type { Transport } from '../transport.ts';
import { hasEnded, judge, latestAttempt, type Verdict } from './outcome.ts';
import { StatusWatch } from './status-watch.ts';

export interface WaitOptions {
  signal?: AbortSignal;
  /** Called with each new status, oldest first. */
  onStatus?: (status: JobStatus) => void;
  /**
   * Where the platform cannot wait itself: the first pause between two looks, 250 when absent; it grows to 10,000
   * while nothing changes.
   */
  intervalMs?: number;
  /** Limit of the whole wait; none when absent. */
  timeoutMs?: number;
}

export interface JobResult extends Verdict {
  job: Job;
  /** Status history since the job was submitted or last run again, newest first. */
  statuses: JobStatus[];
}

/**
 * Waits for the end of a job: at the platform where it can, else by looking at the status history again and again.
 * Outages shorter than five minutes are sat out.
 */
export async function waitForJob(
  transport: Transport,
  jobId: string,
  options: WaitOptions,
): Promise<JobResult> {
  const { signal, timeoutMs, intervalMs: firstInterval = WAIT_FIRST_INTERVAL_MS } = options;
  const watch = new StatusWatch(transport, jobId, signal);
  const startedAt = performance.now();
  const growth = 1.5;
  let pause = firstInterval;
  let told = 0;
  let waitMs = 0;
  let answeredAt = startedAt;

  for (;;) {
    const statuses = await lookAt(watch, waitMs, () => performance.now() - answeredAt < WAIT_OUTAGE_MS);
    const now = performance.now();
    if (statuses !== null) {
      answeredAt = now;
      const news = statuses.slice(0, statuses.length - told).toReversed();
      for (const status of news) {
        options.onStatus?.(status);
      }
      if (news.length > 0) {
        pause = firstInterval;
      }
      told = Math.max(told, statuses.length);
      if (hasEnded(statuses)) {
        return resultOf(transport, jobId, statuses, signal);
      }
      if (told === 0 && now - startedAt > WAIT_FOR_FIRST_STATUS_MS) {
        throw notSubmitted(jobId);
      }
    }
    const left = timeoutMs === undefined ? Number.POSITIVE_INFINITY : timeoutMs - (now - startedAt);
    if (left <= 0) {
      throw tookTooLong(jobId, timeoutMs!, statuses);
    }
    waitMs = Math.min(left, told === 0 ? WAIT_FOR_FIRST_STATUS_MS : STATUS_WAIT_MS);
    if (statuses !== null && waitMs >= 1000 && (await watch.canWait())) {
      continue;
    }
    waitMs = 0;
    await delay(Math.min(pause, left), signal);
    pause = Math.min(pause * growth, Math.max(firstInterval, WAIT_LONGEST_INTERVAL_MS));
  }
}

/** The history, or null while the platform is away and may still come back. */
async function lookAt(
  watch: StatusWatch,
  waitMs: number,
  mayBeAway: () => boolean,
): Promise<JobStatus[] | null> {
  try {
    return latestAttempt(await watch.look(waitMs));
  } catch (error) {
    if (isOutage(error) && mayBeAway()) {
      return null;
    }
    throw error;
  }
}

async function resultOf(
  transport: Transport,
  jobId: string,
  statuses: JobStatus[],
  signal: AbortSignal | undefined,
): Promise<JobResult> {
  const input = { params: { jobId }, ...(signal && { signal }) };
  const job = await transport.send<typeof getJob>('GET', '/api/v2/jobs/:jobId/', input);
  return { job, statuses, ...judge(job, statuses) };
}

/** The refusal to wait for a job that nothing will happen to. */
export function notSubmitted(jobId: string): QuarryError {
  return new QuarryError(`Job ${jobId} has no status: it is saved, but was not submitted.`, {
    hint: `Submit it first: jobs.submit('${jobId}').`,
  });
}

function tookTooLong(jobId: string, timeoutMs: number, statuses: JobStatus[] | null): TimeoutError {
  const last = statuses?.[0]?.status ?? 'unknown';
  return new TimeoutError(
    `Job ${jobId} did not end within ${timeoutMs / 1000} s; its last status is ${last}.`,
    {
      hint: 'The job goes on: wait again with a longer timeoutMs, or stop it.',
    },
  );
}
