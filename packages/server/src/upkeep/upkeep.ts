/**
 * Tidying in the background. Each task runs by itself: one that fails or takes long keeps no other from its work, which on
 * a full disk may be what makes room again. The first runs begin in the order of the list.
 */
import { setImmediate as letOthersRun, setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Instant } from '../clock.ts';
import type { Logger } from '../logger.ts';

/** The same failure of a task is logged again only after so long. */
const REPEATED_FAILURE_MS = 3600_000;
/** Different failures of a task that are told apart. */
const KNOWN_CAUSES = 100;
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

/** What is known of a task since the start of the server. */
export interface TaskRecord {
  name: string;
  lastRun: Instant | null;
  /** Null when the last run failed in nothing. */
  lastError: string | null;
  runs: number;
  /** Runs that failed, in whole or in part. */
  failures: number;
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
  /** When each failure was told last, by `performance.now()`, and how often it came since. */
  readonly #told = new Map<string, { at: number; times: number }>();
  #isRunning = false;

  constructor(task: UpkeepTask, clock: Clock, logger: Logger) {
    this.#task = task;
    this.#clock = clock;
    this.#logger = logger;
    this.record = { name: task.name, lastRun: null, lastError: null, runs: 0, failures: 0 };
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
      if (isOver) return;
      await sleep(this.#task.everySeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async runAtStop(): Promise<void> {
    this.#first.resolve();
    if (this.#task.alsoAtStop && !this.#isRunning) await this.#runOnce(AbortSignal.timeout(STOP_MS));
  }

  async #runOnce(signal: AbortSignal): Promise<boolean> {
    const { name } = this.#task;
    const failures: string[] = [];
    const fail = (error: unknown, about: Readonly<Record<string, string>> = {}) => {
      // What was broken off by the stop has not failed.
      if (signal.aborted) return;
      failures.push(messageOf(error));
      this.#tell(error, about);
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
    this.record.runs += 1;
    this.record.lastRun = this.#clock.now();
    this.record.lastError = failures[0] ?? null;
    if (failures.length > 0) this.record.failures += 1;
    const milliseconds = Math.round(performance.now() - begun);
    const done = work === 'over' ? {} : work;
    this.#logger.debug({ task: name, ...done, failed: failures.length, milliseconds }, 'upkeep');
    return work === 'over';
  }

  /** Each cause once in a while: a disk stays full for days. */
  #tell(error: unknown, about: Readonly<Record<string, string>>): void {
    const cause = `${causeOf(error)} ${JSON.stringify(about)}`;
    const now = performance.now();
    const told = this.#told.get(cause);
    if (told !== undefined && now - told.at < REPEATED_FAILURE_MS) {
      told.times += 1;
      return;
    }
    if (this.#told.size >= KNOWN_CAUSES) this.#told.delete(this.#told.keys().next().value!);
    this.#told.delete(cause);
    this.#told.set(cause, { at: now, times: 0 });
    this.#logger.warn(
      { err: error, task: this.#task.name, ...about, ...(told ? { timesSince: told.times } : {}) },
      'upkeep failed; it will be tried again',
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What makes two failures the same to whoever reads the log. */
function causeOf(error: unknown): string {
  const { code, errcode, cause } = (error ?? {}) as { code?: string; errcode?: number; cause?: unknown };
  const inner = (cause ?? {}) as { code?: string };
  const known = inner.code ?? (errcode === undefined ? code : `sqlite ${errcode}`);
  return known ?? messageOf(error);
}
