import { ApiError, type Job, type Quarry, type Run } from '@quarry/sdk';

interface Surroundings {
  sdk: Quarry;
  signal: AbortSignal;
}

/** Tells of the first run of a sweep that fails when it has failed: hours of others may follow that fail as well. */
export class FirstFailure {
  readonly #context: Surroundings;
  #isTold = false;

  constructor(context: Surroundings) {
    this.#context = context;
  }

  /** The line about it, once; undefined while there is nothing to tell, and for a job of a single run. */
  async next({ id, progress, optimizer }: Job): Promise<string | undefined> {
    const isSweep = progress && (progress.runs > 1 || optimizer);
    if (this.#isTold || !isSweep || progress.failed === 0) {
      return undefined;
    }
    this.#isTold = true;
    const run = await this.#find(id);
    if (run === undefined) {
      return undefined;
    }
    const why = run.failure ? `: ${run.failure.message}` : '';
    return `Run ${run.id} failed${why.split('\n')[0]} (quarry runs show ${id} ${run.id}; quarry jobs stop ${id})`;
  }

  async #find(jobId: string): Promise<Run | undefined> {
    const { sdk, signal } = this.#context;
    try {
      const query = { outcome: 'failed,walltime_exceeded,stopped', page_size: 1 } as const;
      return (await sdk.jobs.runs(jobId, query, { signal }).page()).results[0];
    } catch (error) {
      if (error instanceof ApiError) {
        return undefined;
      }
      throw error;
    }
  }
}
