/**
 * Works on tasks, a few at a time, those first that have waited longest; of one user not all at once. It looks into the
 * table whenever somebody has begun a task or one has ended, and keeps in memory only what it works on and how far that
 * has come. What a task has made, its result and its end are written in one transaction: see `state.ts`.
 */
import type { TaskKind } from '@quarry/contract';
import type { Caller } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import {
  deleteExpiredTasks,
  findNextTask,
  findRunningTasks,
  findTaskRow,
  type StoredTask,
} from '../db/queries/tasks.ts';
import { keepHeld } from '../files/keep.ts';
import { LIMITS } from '../limits.ts';
import type { BackgroundTask } from '../upkeep/background.ts';
import { callerOfTask } from './caller-of-task.ts';
import { failureOf } from './failure-of.ts';
import type { KindOfTask, KindsOfTasks, TaskOutcome, TaskParts } from './kind.ts';
import { applyToTask } from './store.ts';

/** After a look or a start that failed, as where the disk is full. */
const RETRY_MS = 5000;
const DELETED_AT_ONCE = 1000;

export interface TaskRunnerOptions extends Pick<TaskParts, 'database' | 'storage' | 'clock' | 'logger'> {
  kinds: KindsOfTasks;
  working: BackgroundTask;
}

interface Working {
  kind: TaskKind;
  ownerId: string;
  controller: AbortController;
  progress: { done: number; of: number | null };
  /** What it has made is becoming visible. */
  isSettling: boolean;
}

/** It ended while it was worked on: somebody has cancelled it. */
class OverError extends Error {}

/** The server stops: what is being worked on is for the next start. */
class ClosingError extends Error {}

export class TaskRunner implements AsyncDisposable {
  readonly #options: TaskRunnerOptions;
  readonly #working = new Map<string, Working>();
  readonly #ends = new Set<Promise<void>>();
  #looking: Promise<void> | null = null;
  #isRung = false;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /** Goes on with what the server before has left; where that cannot be written down now, a little later. */
  async start(): Promise<void> {
    const isDone = await this.#options.working.run(async () => {
      await this.resume();
    });
    if (!isDone) {
      this.#wakeLater();
    }
  }

  /** Lets tasks wait again that nobody works on although they are written down as running, and goes on. */
  async resume(): Promise<{ interrupted: number }> {
    const { database, clock } = this.#options;
    const lost = (await findRunningTasks(database.read)).filter((id) => !this.#working.has(id));
    for (const id of lost) {
      await database.write((queries) => applyToTask({ queries, clock }, id, { event: 'interrupted' }), {
        mayUseReserve: true,
      });
    }
    this.wake();
    return { interrupted: lost.length };
  }

  /** To be called when a new task is durable. */
  wake(): void {
    this.#isRung = true;
    if (this.#looking === null && !this.#isClosed) {
      this.#looking = this.#options.working
        .run(() => this.#look())
        .then((isDone) => {
          this.#looking = null;
          if (!isDone) {
            this.#wakeLater();
          } else if (this.#isRung) {
            this.wake();
          }
        });
    }
  }

  /** How far a task has come that is worked on now. */
  progressOf(taskId: string): Working['progress'] | null {
    return this.#working.get(taskId)?.progress ?? null;
  }

  /** Whether tasks of a kind are done in any case. */
  isPromised(kind: TaskKind): boolean {
    return this.#options.kinds[kind].isPromised ?? false;
  }

  /** Whether it is too late to cancel a task that is worked on; to be asked in the transaction that would. */
  isSettling(taskId: string): boolean {
    return this.#working.get(taskId)?.isSettling ?? false;
  }

  /** Breaks a task off; to be called when that it is cancelled is durable. */
  breakOff(taskId: string): void {
    this.#working.get(taskId)?.controller.abort(new OverError());
  }

  /** Removes tasks whose time is over. */
  async tidy(): Promise<{ forgotten: number }> {
    const { database, clock } = this.#options;
    for (let forgotten = 0; ; ) {
      const removed = await database.write(
        (queries) => deleteExpiredTasks(queries, clock.now(), DELETED_AT_ONCE),
        { mayUseReserve: true },
      );
      forgotten += removed;
      if (removed < DELETED_AT_ONCE) {
        return { forgotten };
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const { controller } of this.#working.values()) {
      controller.abort(new ClosingError());
    }
    await this.#looking;
    await Promise.all(this.#ends);
  }

  #wakeLater(): void {
    if (!this.#isClosed) {
      clearTimeout(this.#retry);
      // Also those whose end could not be written.
      this.#retry = setTimeout(() => void this.start(), RETRY_MS);
    }
  }

  async #look(): Promise<void> {
    this.#isRung = false;
    const kinds = Object.keys(this.#options.kinds) as TaskKind[];
    const promised = kinds.filter((kind) => this.isPromised(kind));
    const others = kinds.filter((kind) => !this.isPromised(kind));
    await this.#fill(promised, { atOnce: LIMITS.deletionsAtOnce, perUser: LIMITS.deletionsAtOnce });
    await this.#fill(others, { atOnce: LIMITS.tasksAtOnce, perUser: LIMITS.tasksAtOncePerUser });
  }

  /** Starts tasks of these kinds, as many as may be worked on together and as there are. */
  async #fill(kinds: TaskKind[], { atOnce, perUser }: { atOnce: number; perUser: number }): Promise<void> {
    const { database, clock } = this.#options;
    const under = () => [...this.#working.values()].filter(({ kind }) => kinds.includes(kind));
    while (!this.#isClosed && under().length < atOnce) {
      const busyOwners = ownersOfMany(under(), perUser);
      const task = await findNextTask(database.read, { kinds, busyOwners });
      // While it was looked for the server may have begun to stop, and what is begun now would be broken off by nobody.
      if (task === undefined || this.#isClosed) {
        return;
      }
      const controller = new AbortController();
      const working = {
        kind: task.kind,
        ownerId: task.owner_id,
        controller,
        progress: { done: 0, of: null },
        isSettling: false,
      };
      // From before the write on, so that whoever cancels it meanwhile breaks it off.
      this.#working.set(task.id, working);
      const isStarted = await database
        .write((queries) => applyToTask({ queries, clock }, task.id, { event: 'started' }), {
          // A deletion makes space.
          mayUseReserve: this.isPromised(task.kind),
        })
        .catch((error) => {
          this.#working.delete(task.id);
          throw error;
        });
      if (!isStarted) {
        this.#working.delete(task.id);
        continue;
      }
      const end: Promise<void> = this.#options.working
        .run(() => this.#work(task, working))
        .then((isRecorded) => {
          this.#working.delete(task.id);
          this.#ends.delete(end);
          if (!isRecorded) {
            // It waits again by then; those behind it have their turn first, however often it fails.
            this.#wakeLater();
          }
          this.wake();
        });
      this.#ends.add(end);
    }
  }

  async #work(task: StoredTask, working: Working): Promise<void> {
    const { database, kinds } = this.#options;
    const { signal } = working.controller;
    try {
      const kind = kinds[task.kind] as KindOfTask<TaskKind>;
      const outcome = await kind.run({
        task,
        wish: JSON.parse(task.wish),
        caller: await this.#callerOf(database.read, task),
        signal,
        tell: (progress) => {
          working.progress = progress;
        },
        settle: (ask) =>
          database.write(async (queries) => {
            signal.throwIfAborted();
            if ((await findTaskRow(queries, task.id))?.state !== 'running') {
              throw new OverError();
            }
            await ask(queries, await callerOfTask(queries, task));
            working.isSettling = true;
          }),
      });
      await keepHeld(this.#options, outcome.held ?? [], () =>
        database.write((queries) => this.#writeDone(queries, task, working, outcome)),
      );
    } catch (error) {
      const isBrokenOff = signal.aborted || error instanceof OverError;
      if (!isBrokenOff && this.isPromised(task.kind)) {
        // It is logged, and the task tried again.
        throw error;
      }
      if (!isBrokenOff) {
        await this.#fail(task, working, error);
      }
    }
  }

  /** What was promised is done for somebody whose account was closed, too. */
  #callerOf(queries: Queries, task: StoredTask): Promise<Caller> {
    return callerOfTask(queries, task, { mayBeClosed: this.isPromised(task.kind) });
  }

  async #writeDone(
    queries: Queries,
    task: StoredTask,
    { controller, progress }: Working,
    outcome: TaskOutcome,
  ): Promise<void> {
    controller.signal.throwIfAborted();
    const { clock } = this.#options;
    const result = await outcome.write(queries, await this.#callerOf(queries, task));
    const columns = {
      result: JSON.stringify(result),
      progress_done: progress.done,
      progress_of: progress.of,
    };
    if (!(await applyToTask({ queries, clock }, task.id, { event: 'done', columns }))) {
      throw new OverError();
    }
  }

  async #fail(task: StoredTask, { progress }: Working, error: unknown): Promise<void> {
    const { database, clock, logger } = this.#options;
    const { failure, isExpected } = failureOf(error);
    const about = { task: task.id, kind: task.kind, [task.subject_type]: task.subject_id };
    logger.warn({ ...about, ...(isExpected ? {} : { err: error }) }, `a task has failed: ${failure.message}`);
    const columns = {
      error: JSON.stringify(failure),
      progress_done: progress.done,
      progress_of: progress.of,
    };
    await database.write(
      (queries) =>
        applyToTask({ queries, clock }, task.id, {
          event: 'failed',
          columns,
          detail: { code: failure.code },
        }),
      { mayUseReserve: true },
    );
  }
}

/** Those who have as many tasks worked on as one may. */
function ownersOfMany(working: readonly Working[], perUser: number): string[] {
  const counts = new Map<string, number>();
  for (const { ownerId } of working) {
    counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
  }
  return [...counts].flatMap(([id, count]) => (count < perUser ? [] : [id]));
}
