import type { Task, TaskKind } from '@quarry/contract';
import type { Caller } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Database, Queries } from '../db/database.ts';
import type { StoredTask } from '../db/queries/tasks.ts';
import type { DeviceDirectories } from '../devices/directories.ts';
import type { DeviceRoom } from '../devices/room.ts';
import type { DeviceSizes } from '../devices/sizes.ts';
import type { Logger } from '../logger.ts';
import type { HeldBlob, Storage } from '../storage/storage.ts';
import type { TaskWishes } from './wishes.ts';

/** What the kinds of tasks are made of; each names those parts that it needs. */
export interface TaskParts {
  database: Database;
  storage: Storage;
  clock: Clock;
  logger: Logger;
  deviceDirectories: DeviceDirectories;
  deviceRoom: DeviceRoom;
  deviceSizes: DeviceSizes;
}

/** A task that is being worked on. */
export interface TaskRun<Kind extends TaskKind> {
  task: StoredTask;
  wish: TaskWishes[Kind];
  /** Whoever began it, with the rights that they had when it was started. */
  caller: Caller;
  /** Aborted when it is cancelled and when the server stops. */
  signal: AbortSignal;
  /** Tells how far it has come. */
  tell(progress: { done: number; of: number | null }): void;
  /**
   * For work that becomes visible outside of the database: asks in a transaction, with the rights of this moment, whether it
   * still may. From then on the task is not cancelled any more.
   */
  settle(ask: (queries: Queries, caller: Caller) => Promise<unknown>): Promise<void>;
}

/** Work that is done and that nobody sees yet. */
export interface TaskOutcome {
  /** Bytes for which rows are about to be written. */
  held?: readonly HeldBlob[];
  /**
   * Makes it visible and answers the result, in the transaction in which the task becomes `done`. Refuses where the caller,
   * with the rights of this moment, may not have it, or where its subject is gone.
   */
  write(queries: Queries, caller: Caller): Promise<unknown>;
}

/** What a kind of task does. */
export interface KindOfTask<Kind extends TaskKind> {
  /** What its progress counts. */
  unit: Task['progress']['unit'];
  /**
   * Whether it was promised already when it was begun: then it is neither cancelled nor fails, whoever's rights have ended, but is
   * tried again until it is done, and waits for none of the tasks of users.
   */
  isPromised?: true;
  /** Does the work up to the moment before anything of it is seen; may be begun anew at any time. */
  run(run: TaskRun<Kind>): Promise<TaskOutcome>;
}

export type KindsOfTasks = { [Kind in TaskKind]: KindOfTask<Kind> };
