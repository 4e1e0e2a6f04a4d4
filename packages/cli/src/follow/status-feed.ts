import { type JobStatus, latestAttempt, type Quarry, type StatusWatch } from '@quarry/sdk';
import type { Patience } from './patience.ts';

/** How long one request waits at the platform for a change. */
const WAIT_MS = 20_000;

/**
 * The status history of a job for somebody who looks again and again, at other things as well. Where the platform can
 * wait for a change, a request does so while the follower rests, and wakes him; elsewhere each look asks.
 */
export class StatusFeed implements Disposable {
  readonly #watch: StatusWatch;
  readonly #leaving = new AbortController();
  #known: JobStatus[] | null = null;
  #coming: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;

  constructor(sdk: Quarry, jobId: string, signal: AbortSignal) {
    this.#watch = sdk.jobs.watchStatuses(jobId, { signal: AbortSignal.any([signal, this.#leaving.signal]) });
  }

  /** The history since the job was submitted or last run again, newest first. Throws what the request while resting met. */
  async latest(): Promise<JobStatus[]> {
    if (this.#failure) {
      const { error } = this.#failure;
      this.#failure = null;
      this.#known = null;
      throw error;
    }
    const isFresh = this.#coming !== null || (await this.#watch.canWait());
    if (this.#known === null || !isFresh) {
      this.#known = await this.#watch.look();
    }
    return latestAttempt(this.#known);
  }

  /** Rests until the next look is due, or until there is another status. */
  async rest(patience: Patience): Promise<void> {
    if (this.#coming === null && !(await this.#watch.canWait())) {
      return patience.wait();
    }
    this.#coming ??= this.#watch.look(WAIT_MS).then(
      (statuses) => {
        this.#coming = null;
        this.#known = statuses;
      },
      (error: unknown) => {
        this.#coming = null;
        this.#failure = { error };
      },
    );
    return patience.wait(this.#coming);
  }

  /** Ends the request that waits. */
  [Symbol.dispose](): void {
    this.#leaving.abort();
  }
}
