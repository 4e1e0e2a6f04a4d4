/**
 * Snapshots that a server asks for which does not see the disk of this cluster. Each is taken once, however often it is asked for,
 * lies here as an archive until the server has all of it and says so, and goes when nobody has asked for it for a while: so
 * a server that dies may go on where it was, or leave it.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentAnswer, TakeSnapshotRequest } from '@quarry/contract';
import { removeTree } from '../files/remove-tree.ts';
import { findHome } from '../files/run-home.ts';
import { readInto } from '../files/work-directory.ts';
import { ASKED_WAIT_MS, SNAPSHOT_IDLE_MS, SNAPSHOTS_AT_ONCE } from '../limits.ts';
import { report } from '../report.ts';
import { commandsAreOver } from '../runs/record-end.ts';
import { WORK_NAME } from '../runs/work-names.ts';
import { takeOnThread } from '../snapshots/snapshot-thread.ts';
import { SnapshotError, type TakenSnapshot } from '../snapshots/take-snapshot.ts';
import { Turns } from '../turns.ts';

type Answer = Extract<AgentAnswer, { kind: 'take_snapshot' }>;

interface Snapshot {
  controller: AbortController;
  /** Never rejects. */
  taking: Promise<void>;
  /** What the server is told; null until it is known. */
  result: Answer | null;
  askedAt: number;
}

export interface RunSnapshotsOptions {
  clusterDirectory: string;
  /** Null for a run that this agent does not know. */
  directoryOf: (runId: string) => string | null;
}

const STILL_TAKING: Answer = { kind: 'take_snapshot', taken: null, failure: null };
/** It becomes the name of a file. */
const ID = /^\w{1,100}$/;
const RUN_OVER = 'The run ended before the snapshot was complete.';

export class RunSnapshots implements AsyncDisposable {
  readonly #options: RunSnapshotsOptions;
  readonly #turns = new Turns(SNAPSHOTS_AT_ONCE);
  readonly #snapshots = new Map<string, Snapshot>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunSnapshotsOptions) {
    this.#options = options;
  }

  /** Takes a snapshot, and answers when it is there, or after the time that the server wants to wait. */
  async take(request: TakeSnapshotRequest): Promise<Answer> {
    if (!ID.test(request.snapshotId)) {
      const message = `"${request.snapshotId.slice(0, 100)}" is no id of a snapshot.`;
      return { ...STILL_TAKING, failure: { code: 'agent_error', message } };
    }
    const snapshot = this.#snapshots.get(request.snapshotId) ?? this.#begin(request);
    snapshot.askedAt = performance.now();
    const overdue = new AbortController();
    const waitMs = Math.min(request.waitMs, ASKED_WAIT_MS);
    await Promise.race([
      snapshot.taking,
      sleep(waitMs, undefined, { ref: false, signal: overdue.signal }).catch(() => undefined),
    ]);
    overdue.abort();
    snapshot.askedAt = performance.now();
    return snapshot.result ?? STILL_TAKING;
  }

  /** Bytes of the archive; null when there is none of this snapshot. */
  async read(snapshotId: string, into: Uint8Array, position: number): Promise<number | null> {
    const snapshot = this.#snapshots.get(snapshotId);
    if (snapshot?.result?.taken == null) {
      return null;
    }
    snapshot.askedAt = performance.now();
    await using archive: FileHandle = await open(this.#pathOf(snapshotId, 'tar'), 'r');
    return await readInto(archive, into, position);
  }

  /** Forgets a snapshot with all that there is of it; harmless when there is none. */
  async drop(snapshotId: string): Promise<void> {
    const snapshot = this.#snapshots.get(snapshotId);
    if (snapshot === undefined) {
      return;
    }
    this.#snapshots.delete(snapshotId);
    snapshot.controller.abort(new Error('The snapshot is not wanted any more.'));
    const removed = snapshot.taking.then(() => this.#remove(this.#pathOf(snapshotId, 'tar')));
    // One that is taken ends when its turn comes, for which nobody is to wait.
    if (snapshot.result !== null) {
      await removed;
    }
    if (this.#snapshots.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#snapshots.keys()].map((id) => this.drop(id)));
  }

  #begin(request: TakeSnapshotRequest): Snapshot {
    const controller = new AbortController();
    const snapshot: Snapshot = { controller, taking: Promise.resolve(), result: null, askedAt: 0 };
    snapshot.taking = this.#turns
      .take(() => this.#take(request, controller.signal))
      .then(({ stamp: _stamp, spanMs: _spanMs, ...taken }): Answer => ({ ...STILL_TAKING, taken }))
      .catch((error) => ({ ...STILL_TAKING, failure: failureOf(error, controller.signal) }))
      .then((result) => {
        snapshot.result = result;
      });
    this.#snapshots.set(request.snapshotId, snapshot);
    this.#timer ??= setInterval(() => this.#dropIdle(), SNAPSHOT_IDLE_MS / 2).unref();
    return snapshot;
  }

  async #take(
    { runId, snapshotId, globs, limits }: TakeSnapshotRequest,
    signal: AbortSignal,
  ): Promise<TakenSnapshot> {
    const { clusterDirectory } = this.#options;
    const directory = this.#options.directoryOf(runId);
    const clusters = directory === null ? [] : [dirname(dirname(directory)), clusterDirectory];
    const home = directory === null ? null : await findHome(directory, clusters);
    if (directory === null || home === null || commandsAreOver(directory)) {
      throw new SnapshotError('run_over', RUN_OVER);
    }
    const [archive, clones] = [this.#pathOf(snapshotId, 'tar'), this.#pathOf(snapshotId, 'clones')];
    await mkdir(dirname(archive), { recursive: true, mode: 0o700 });
    try {
      const names = [...home.names, WORK_NAME];
      const taken = await takeOnThread({ root: home.root, names, archive, clones, globs, limits }, signal);
      // Once the commands are over files may have been moved out of the work directory.
      const after = await findHome(directory, clusters);
      if (commandsAreOver(directory) || JSON.stringify(after) !== JSON.stringify(home)) {
        throw new SnapshotError('run_over', RUN_OVER);
      }
      return taken;
    } catch (error) {
      await this.#remove(archive);
      throw error;
    } finally {
      await this.#remove(clones);
    }
  }

  #dropIdle(): void {
    const askedBefore = performance.now() - SNAPSHOT_IDLE_MS;
    for (const [id, { askedAt }] of this.#snapshots) {
      if (askedAt < askedBefore) {
        void this.drop(id);
      }
    }
  }

  #pathOf(snapshotId: string, extension: string): string {
    return join(this.#options.clusterDirectory, 'snapshots', `${snapshotId}.${extension}`);
  }

  async #remove(path: string): Promise<void> {
    const { left } = await removeTree(path);
    if (left !== null) {
      report(`What is left of a snapshot could not be removed: ${path} (${left}).`);
    }
  }
}

function failureOf(error: unknown, signal: AbortSignal): NonNullable<Answer['failure']> {
  if (error instanceof SnapshotError) {
    return { code: error.code, message: error.message };
  }
  if (signal.aborted) {
    return { code: 'agent_error', message: (error as Error).message };
  }
  report(`A snapshot could not be taken: ${(error as Error).stack}`);
  return { code: 'agent_error', message: 'The agent of this run could not make it.' };
}
