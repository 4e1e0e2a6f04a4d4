/**
 * Tidying in the background. Each task runs by itself: one that fails or takes long keeps no other from its work, which on
 * a full disk may be what makes room again. The first runs begin in the order of the list.
 */
import { setImmediate as letOthersRun, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { FailureLog, messageOf } from './failure-log.ts';
import { newRecord, noteRun, type TaskRecord } from './task-record.ts';

/** How long a stop of the server waits for work that is under way. */
const STOP_MS = 5000;

/** What a run did, in numbers for the log, such as `{ removed: 3 }`. */
export type Work = Readonly<Record<string, number>>;

export interface UpkeepRun {
  /** Aborted when the server stops: what is left then is for the next start. */
  readonly signal: AbortSignal;
  /** Tells of a part that failed, while the run goes on with the others; `about` names the part. */
  fail(error: unknown, about: Readonly<Record<string, string>>): void;
}

export interface UpkeepTask {
  /** What is kept up, in a few words. */
  name: string;
  /** Between the end of a run and the beginning of the next. */
  everySeconds: number;
  /** Whether it runs once more when the server stops. */
  alsoAtStop?: boolean;
  /** Answers what it did; `over` when there is nothing more to do until the next start. A failure waits for the next run. */
  run(run: UpkeepRun): Promise<Work | 'over'>;
}

export interface Upkeep extends AsyncDisposable {
  /** Resolves when each task has run once. */
  readonly firstRuns: Promise<void>;
  records(): TaskRecord[];
}

/** Starts the tasks; disposing of it ends them. */
export function startUpkeep(options: { tasks: readonly UpkeepTask[]; clock: Clock; logger: Logger }): Upkeep {
  const stopping = new AbortController();
  const kept = options.tasks.map((task) => new KeptTask(task, options.clock, options.logger));
  const loops = kept.map((each) => each.repeat(stopping.signal));
  return {
    firstRuns: Promise.all(kept.map(({ ranOnce }) => ranOnce)).then(() => undefined),
    records: () => kept.map(({ record }) => ({ ...record })),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      const late = new AbortController();
      const waiting = sleep(STOP_MS, undefined, { signal: late.signal, ref: false }).catch(() => undefined);
      await Promise.race([Promise.all(loops), waiting]);
      late.abort();
      await Promise.all(kept.map((each) => each.runAtStop()));
    },
  };
}

class KeptTask {
  readonly record: TaskRecord;
  readonly #task: UpkeepTask;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #first = Promise.withResolvers<void>();
  readonly #failures: FailureLog;
  #isRunning = false;

  constructor(task: UpkeepTask, clock: Clock, logger: Logger) {
    this.#task = task;
    this.#clock = clock;
    this.#logger = logger;
    this.#failures = new FailureLog(task.name, logger);
    this.record = newRecord(task.name);
  }

  get ranOnce(): Promise<void> {
    return this.#first.promise;
  }

  async repeat(signal: AbortSignal): Promise<void> {
    // Whoever starts the server waits for other things.
    await letOthersRun();
    while (!signal.aborted) {
      const isOver = await this.#runOnce(signal);
      this.#first.resolve();
      if (isOver) {
        return;
      }
      await sleep(this.#task.everySeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async runAtStop(): Promise<void> {
    this.#first.resolve();
    if (this.#task.alsoAtStop && !this.#isRunning) {
      await this.#runOnce(AbortSignal.timeout(STOP_MS));
    }
  }

  async #runOnce(signal: AbortSignal): Promise<boolean> {
    const { name } = this.#task;
    const failures: string[] = [];
    const fail = (error: unknown, about: Readonly<Record<string, string>> = {}) => {
      // What was broken off by the stop has not failed.
      if (signal.aborted) {
        return;
      }
      failures.push(messageOf(error));
      this.#failures.tell(error, 'upkeep failed; it will be tried again', about);
    };
    this.#isRunning = true;
    const begun = performance.now();
    let work: Work | 'over' = {};
    try {
      work = await this.#task.run({ signal, fail });
    } catch (error) {
      fail(error);
    }
    this.#isRunning = false;
    const milliseconds = Math.round(performance.now() - begun);
    noteRun(this.record, this.#clock, { error: failures[0] ?? null, seconds: milliseconds / 1000 });
    const done = work === 'over' ? {} : work;
    this.#logger.debug({ task: name, ...done, failed: failures.length, milliseconds }, 'upkeep');
    return work === 'over';
  }
}
