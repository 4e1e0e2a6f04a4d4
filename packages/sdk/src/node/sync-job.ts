import type { JobStatus } from '@quarry/contract';
import type { Quarry } from '../client.ts';
import { delay } from '../delay.ts';
import { FilesFailedError, isOutage, NotFoundError } from '../errors.ts';
import { hasEnded, latestAttempt } from '../lib/outcome.ts';
import type { StatusWatch } from '../lib/status-watch.ts';
import { type JobResult, notSubmitted } from '../lib/wait.ts';
import {
  SYNC_FIRST_PAUSE_SECONDS,
  SYNC_LONGEST_PAUSE_SECONDS,
  WAIT_FOR_FIRST_STATUS_MS,
  WAIT_OUTAGE_MS,
} from '../limits.ts';
import type { DownloadedFile } from './download/options.ts';
import { type DownloadJobOptions, downloadOutputs } from './download-job.ts';

export interface SyncJobOptions extends Omit<DownloadJobOptions, 'existing' | 'overwrite'> {
  /** Called with each new status, oldest first. */
  onStatus?: (status: JobStatus) => void;
}

export interface SyncedJob extends JobResult {
  /** All wanted outputs, those that were there already among them. */
  files: DownloadedFile[];
}

/**
 * Follows a job until it has ended, downloads its outputs below `directory` as they appear, and ends when all are
 * there; of a job that has ended, at once. Files that are the same already are left, others replaced, so that the next
 * call goes on where one was cut off. Outages shorter than five minutes are sat out. Everything else as `downloadJob`.
 */
export async function syncJob(
  platform: Quarry,
  jobId: string,
  directory: string,
  options: SyncJobOptions = {},
): Promise<SyncedJob> {
  const { onStatus, ...download } = options;
  const { signal } = download;
  const call = signal ? { signal } : {};
  const history = new StatusHistory(platform, jobId, signal);
  const have = new Map<string, DownloadedFile>();
  const startedAt = performance.now();
  let answeredAt = startedAt;
  let pauseSeconds = 0;
  let listed = 0;

  for (;;) {
    try {
      const { statuses, news } = await history.look(pauseSeconds);
      for (const status of news) {
        onStatus?.(status);
      }
      if (statuses.length === 0 && performance.now() - startedAt > WAIT_FOR_FIRST_STATUS_MS) {
        throw notSubmitted(jobId);
      }
      // What is listed after the end is all there will be.
      const isOver = hasEnded(statuses);
      const { count } = await platform.jobs.files(jobId, { page_size: 1 }, call).page();
      answeredAt = performance.now();
      const isNews = news.length > 0 || count !== listed;
      if (isOver || count !== listed) {
        const found = await downloadOutputs(
          platform,
          jobId,
          directory,
          { ...download, existing: 'same', onFile: remember },
          ({ id }) => !have.has(id),
        );
        for (const file of found) {
          have.set(file.file.id, file);
        }
        listed = count;
      }
      if (isOver) {
        return { ...(await platform.jobs.wait(jobId, call)), files: inPlace() };
      }
      pauseSeconds = isNews
        ? SYNC_FIRST_PAUSE_SECONDS
        : Math.min(Math.max(pauseSeconds, SYNC_FIRST_PAUSE_SECONDS) * 2, SYNC_LONGEST_PAUSE_SECONDS);
    } catch (error) {
      if (!mayPass(error)) {
        throw error;
      }
      pauseSeconds = 0;
      await delay(SYNC_FIRST_PAUSE_SECONDS * 1000, signal);
    }
  }

  /** Of a run that was executed again, what came last. */
  function inPlace(): DownloadedFile[] {
    return [...new Map([...have.values()].map((file) => [file.path, file])).values()];
  }

  function remember(file: DownloadedFile): void {
    have.set(file.file.id, file);
    answeredAt = performance.now();
    download.onFile?.(file);
  }

  function mayPass(error: unknown): boolean {
    if (signal?.aborted || performance.now() - answeredAt > WAIT_OUTAGE_MS) {
      return false;
    }
    const errors = error instanceof FilesFailedError ? error.failed.map((each) => each.error) : [error];
    return errors.every((each) => isOutage(each) || isGone(each));
  }
}

/** Outputs of runs that are executed again go away between the list and the download. */
function isGone(error: unknown): boolean {
  return error instanceof NotFoundError && /\/files\/[^/]+\/contents\//.test(error.path);
}

/** The statuses of a job, asked for again and again: at once when there is news, where the platform can wait for it. */
class StatusHistory {
  readonly #watch: StatusWatch;
  readonly #signal: AbortSignal | undefined;
  #told = 0;

  constructor(platform: Quarry, jobId: string, signal: AbortSignal | undefined) {
    this.#watch = platform.jobs.watchStatuses(jobId, signal && { signal });
    this.#signal = signal;
  }

  /** The history, newest first, and what is new in it, oldest first; after that many seconds when nothing happens. */
  async look(patienceSeconds: number): Promise<{ statuses: JobStatus[]; news: JobStatus[] }> {
    const waitMs = patienceSeconds * 1000;
    const canWait = waitMs > 0 && (await this.#watch.canWait());
    if (!canWait) {
      await delay(waitMs, this.#signal);
    }
    const statuses = latestAttempt(await this.#watch.look(canWait ? waitMs : 0));
    const news = statuses.slice(0, Math.max(0, statuses.length - this.#told)).toReversed();
    this.#told = statuses.length;
    return { statuses, news };
  }
}
