import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import { findDependents, findOverlooked } from '../../db/queries/job-dependencies.ts';
import { noteWaiting } from '../../db/queries/write-waiting.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import { lookAtDependencies } from './dependencies.ts';
import { Passes } from './passes.ts';
import { type Applied, openLife } from './store.ts';

/** Between a look that failed, as on a full disk, and the next one. */
const RETRY_MS = 2000;
/** Jobs that are told in one transaction: others are served in between. */
const JOBS_AT_ONCE = 50;

export interface DependentsOptions {
  database: Database;
  clock: Clock;
  looking: BackgroundTask;
  perform: (applied: readonly Applied[]) => void;
}

/**
 * Tells jobs that were to start after others of the end of these. It may be asked for the same job any number of times; what
 * a crash left undone is found by the first look after a start.
 */
export class Dependents implements AsyncDisposable {
  readonly #options: DependentsOptions;
  readonly #passes: Passes;
  /** Jobs that have ended or are gone. */
  readonly #ended = new Set<string>();
  #isAll = false;

  constructor(options: DependentsOptions) {
    this.#options = options;
    this.#passes = new Passes(() => options.looking.run(() => this.#pass()), { retryMs: RETRY_MS });
  }

  /** Looks soon at the jobs that wait for this one. */
  look(jobId: string): void {
    this.#ended.add(jobId);
    this.#passes.ask();
  }

  /** Looks soon at all jobs that wait for others. */
  lookAtAll(): void {
    this.#isAll = true;
    this.#passes.ask();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#passes[Symbol.asyncDispose]();
  }

  async #pass(): Promise<void> {
    const { database } = this.#options;
    if (this.#isAll) {
      for (const jobId of await findOverlooked(database.read)) {
        this.#ended.add(jobId);
      }
      this.#isAll = false;
    }
    for (const jobId of this.#ended) {
      // Before the look: one that ends once more meanwhile is looked at once more.
      this.#ended.delete(jobId);
      try {
        while (await this.#tell(jobId)) {
          await letOthersRun();
        }
      } catch (error) {
        this.#ended.add(jobId);
        throw error;
      }
    }
  }

  /** Tells some of the jobs that wait for one; false when there are no others. */
  async #tell(endedId: string): Promise<boolean> {
    const { database, clock, perform } = this.#options;
    // Most jobs end with nobody waiting for them, and a look costs no write.
    if ((await findDependents(database.read, endedId, 1)).length === 0) {
      return false;
    }
    const { applied, isMore } = await database.write(
      async (queries) => {
        const ids = await findDependents(queries, endedId, JOBS_AT_ONCE);
        const applied: Applied[] = [];
        for (const id of ids) {
          applied.push(await tellDependent(queries, clock, id));
        }
        const left = await findDependents(queries, endedId, 1);
        return { applied, isMore: left.length > 0 && !ids.includes(left[0]!) };
      },
      { mayUseReserve: true },
    );
    perform(applied);
    return isMore;
  }
}

/** Lets a job go on, end, or wait for what is left, after one that it is to start after has ended. */
async function tellDependent(queries: Queries, clock: Clock, jobId: string): Promise<Applied> {
  const life = await openLife(queries, clock, jobId);
  const { failure, waiting } = await lookAtDependencies(queries, jobId);
  if (failure !== null) {
    life.apply({ type: 'unfulfillable', failure });
  } else if (waiting === null) {
    life.apply({ type: 'released' });
  } else if (life.state.phase === 'held') {
    await noteWaiting(queries, jobId, JSON.stringify(waiting));
  }
  return await life.save();
}
