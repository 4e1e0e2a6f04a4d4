/**
 * Makes the snapshots that somebody asked for, a few at a time. A row is `pending` from the request on, so that a start of
 * the server goes on with what the one before has not made; it becomes `done` in the transaction in which the archive
 * becomes a file, and nothing of it is to be seen before. Everything else that a snapshot leaves lies in one directory,
 * which each start empties.
 *
 * When a run ends, its outputs are moved out of its work directory. From before that moment on `endOf` makes sure that no
 * snapshot of it is taken any more: one whose copy was complete by then is kept, any other one has failed.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@quarry/agent/files/remove-tree';
import { findHome } from '@quarry/agent/files/run-home';
import { takeOnThread } from '@quarry/agent/snapshots/snapshot-thread';
import {
  SnapshotError,
  type SnapshotLimits,
  type TakenSnapshot,
} from '@quarry/agent/snapshots/take-snapshot';
import { FILE_TYPE, SNAPSHOTS_KEPT } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database, Queries } from '../../db/database.ts';
import { deleteFiles } from '../../db/queries/files-delete.ts';
import { insertFiles } from '../../db/queries/files-insert.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import {
  endSnapshot,
  findOldSnapshotFiles,
  findSnapshotToMake,
  forgetSnapshots,
  listPendingSnapshots,
  type OfRun,
} from '../../db/queries/snapshots.ts';
import { keepHeld } from '../../files/keep.ts';
import { collectDeleted } from '../../files/lifetime.ts';
import { LIMITS } from '../../limits.ts';
import type { Logger } from '../../logger.ts';
import { meansStorageFull } from '../../problems.ts';
import { type HeldBlob, type Storage, StorageFullError } from '../../storage/storage.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { Definitions } from '../definition/definitions.ts';
import type { AgentRequests } from '../life/agent-requests.ts';
import type { JobChanges } from '../life/job-changes.ts';
import { toRunId } from '../runs/attempts.ts';
import { clusterDirectoryOf, runDirectory } from '../runs/run-directory.ts';
import {
  type AskedSnapshot,
  type AskingEnds,
  dropSnapshot,
  fetchSnapshot,
  runOver,
  type SnapshotFacts,
  takeByAgent,
} from './of-agent.ts';

export interface SnapshotsOptions {
  database: Database;
  clock: Clock;
  storage: Storage;
  logger: Logger;
  definitions: Definitions;
  jobChanges: JobChanges;
  /** Where archives are made; on the file system of the store. */
  directory: string;
  /** The length of a file that is taken, holes included. */
  fileBytes: number;
  making: BackgroundTask;
  /** Asked for those of runs on disks that this server does not see. */
  agents: Pick<AgentRequests, 'askOfFiles'>;
}

type ToMake = NonNullable<Awaited<ReturnType<typeof findSnapshotToMake>>>;

interface UnderWay extends OfRun {
  controller: AbortController;
  /** From here on the end of the run does not matter. */
  isCopied: boolean;
}

/** The server stops: what is pending is for the next start. */
class ClosingError extends Error {}

export class Snapshots implements AsyncDisposable {
  readonly #options: SnapshotsOptions;
  readonly #queue: string[] = [];
  /** What is made, or waits for its turn. */
  readonly #known = new Set<string>();
  readonly #underWay = new Map<string, UnderWay>();
  readonly #making = new Set<Promise<void>>();
  /** Runs whose outputs are taken over now, by how often. */
  readonly #ending = new Map<string, number>();
  #isClosed = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Removes what a crash has left and goes on with what is pending. */
  async resume(): Promise<void> {
    const { directory, database } = this.#options;
    // Made with the first snapshot: a start needs no space for it.
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return [];
      }
      throw error;
    });
    for (const name of names) {
      await this.#remove(join(directory, name));
    }
    for (const id of await listPendingSnapshots(database.read)) {
      this.begin(id);
    }
  }

  /** Makes a pending snapshot, unless it is made already; to be called when its row is durable. */
  begin(id: string): void {
    if (!this.#known.has(id)) {
      this.#known.add(id);
      this.#queue.push(id);
      this.#fill();
    }
  }

  /** To be called before anything is moved out of the work directories of runs; until it is disposed of no snapshot of them begins. */
  endOf(jobId: string, runNumbers: readonly number[]): Disposable {
    const keys = runNumbers.map((runNumber) => keyOf({ jobId, runNumber }));
    for (const key of keys) {
      this.#ending.set(key, (this.#ending.get(key) ?? 0) + 1);
    }
    for (const run of this.#underWay.values()) {
      if (!run.isCopied && this.#ending.has(keyOf(run))) {
        run.controller.abort(runOver());
      }
    }
    return {
      [Symbol.dispose]: () => {
        for (const key of keys) {
          const left = this.#ending.get(key)! - 1;
          left === 0 ? this.#ending.delete(key) : this.#ending.set(key, left);
        }
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { controller } of this.#underWay.values()) {
      controller.abort(new ClosingError());
    }
    await Promise.all(this.#making);
  }

  #fill(): void {
    while (!this.#isClosed && this.#making.size < LIMITS.snapshotsAtOnce && this.#queue.length > 0) {
      const id = this.#queue.shift()!;
      const made: Promise<void> = this.#options.making
        .run(() => this.#make(id))
        .then(() => {
          this.#making.delete(made);
          this.#known.delete(id);
          this.#fill();
        });
      this.#making.add(made);
    }
  }

  async #make(id: string): Promise<void> {
    const { database } = this.#options;
    const found = await findSnapshotToMake(database.read, id);
    if (found === undefined) {
      return;
    }
    const run: UnderWay = {
      jobId: found.job_id,
      runNumber: found.run_number,
      controller: new AbortController(),
      isCopied: false,
    };
    this.#underWay.set(id, run);
    const files = this.#filesOf(id);
    // Looked at again: an end that came before this moment is in the row, or in `#ending`, and a later one aborts.
    let row = found;
    try {
      row = (await findSnapshotToMake(database.read, id)) ?? found;
      if (this.#isClosed) {
        throw new ClosingError();
      }
      if (this.#ending.has(keyOf(run))) {
        throw runOver();
      }
      if (row.shares_files === 0) {
        await this.#makeByAgent(row, run);
      } else {
        const taken = await this.#take(row, run, files);
        run.isCopied = true;
        await this.#keep(row, taken, await this.#adopt(files.archive, taken));
      }
    } catch (error) {
      if (!(error instanceof ClosingError)) {
        await this.#fail(row, error);
      }
    } finally {
      this.#underWay.delete(id);
      await this.#remove(files.archive);
      await this.#remove(files.clones);
    }
  }

  #filesOf(id: string): { archive: string; clones: string } {
    const { directory } = this.#options;
    return { archive: join(directory, `${id}.tar`), clones: join(directory, `${id}.clones`) };
  }

  async #take(
    row: ToMake,
    { controller }: UnderWay,
    files: { archive: string; clones: string },
  ): Promise<TakenSnapshot> {
    const executedIn = requireExecuting(row).cluster_directory;
    const directory = row.directory ?? runDirectory(executedIn, row.run_number);
    const clusters = [clusterDirectoryOf(directory), executedIn];
    const home = await findHome(directory, clusters);
    if (home === null) {
      throw runOver();
    }
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    const taken = await takeOnThread(
      {
        root: home.root,
        names: [...home.names, 'work' as (typeof home.names)[number]],
        ...files,
        ...(await this.#orderOf(row)),
      },
      controller.signal,
    );
    // Its agent brings the work directory back when the commands are over, and may then move files out of it.
    const after = await findHome(directory, clusters);
    controller.signal.throwIfAborted();
    if (JSON.stringify(after) !== JSON.stringify(home) || existsSync(join(directory, 'copies'))) {
      throw runOver();
    }
    return taken;
  }

  /** The same where the agent has to take it, whose archive then comes here. */
  async #makeByAgent(row: ToMake, run: UnderWay): Promise<void> {
    const { agents, storage, logger, database } = this.#options;
    const clusterId = requireExecuting(row).cluster_id;
    const asked: AskedSnapshot = {
      clusterId,
      runId: toRunId(row.run_number, row.attempt),
      snapshotId: row.id,
    };
    const ends: AskingEnds = {
      signal: run.controller.signal,
      hasRunEnded: async () => {
        const now = await findSnapshotToMake(database.read, row.id);
        return now === undefined || now.outcome !== null || now.cluster_id !== clusterId;
      },
    };
    let isLeft = false;
    try {
      const taken = await takeByAgent(agents, asked, await this.#orderOf(row), ends);
      run.isCopied = true;
      await this.#keep(row, taken, await fetchSnapshot({ agents, storage }, asked, taken, ends));
    } catch (error) {
      // The next start of the server finds it there.
      isLeft = error instanceof ClosingError;
      throw error;
    } finally {
      if (!isLeft) {
        void dropSnapshot({ agents, logger }, asked);
      }
    }
  }

  async #orderOf(row: ToMake): Promise<{ globs: string[] | null; limits: SnapshotLimits }> {
    const { definitions, fileBytes } = this.#options;
    return {
      globs: globsOf(await definitions.of(row.job_id), row.kind),
      limits: {
        entries: LIMITS.snapshotEntries,
        fileBytes,
        spareBytes: LIMITS.snapshotSpareBytes,
      },
    };
  }

  async #adopt(archive: string, { sha512, sizeBytes, stamp }: TakenSnapshot): Promise<HeldBlob> {
    const { storage, directory } = this.#options;
    const path = archive.slice(directory.length + 1);
    const [adopted] = await storage.adopt([{ directory, path, sha512, sizeBytes, stamp }]);
    if (adopted?.status !== 'fulfilled') {
      throw adopted?.reason;
    }
    return adopted.value;
  }

  /** Makes the archive a file of the run, and deletes those that are older than the job keeps. */
  async #keep(row: ToMake, taken: SnapshotFacts, archive: HeldBlob): Promise<void> {
    const { database, storage, clock, logger, definitions, jobChanges } = this.#options;
    const keep = (await definitions.of(row.job_id)).snapshots?.keep ?? SNAPSHOTS_KEPT;
    const unwanted = await keepHeld({ database, storage, clock }, [archive], () =>
      database.write((queries) => this.#writeDone(queries, row, taken, keep)),
    );
    jobChanges.tell(row.job_id, 'progress');
    void collectDeleted({ database, storage, clock, logger }, unwanted);
  }

  async #writeDone(queries: Queries, row: ToMake, taken: SnapshotFacts, keep: number): Promise<string[]> {
    const { clock } = this.#options;
    // Deleted with its job meanwhile.
    if ((await findSnapshotToMake(queries, row.id)) === undefined) {
      throw runOver();
    }
    const of = { jobId: row.job_id, runNumber: row.run_number };
    const name = nameOf(row);
    const [file] = await insertFiles(
      queries,
      [
        {
          ownerId: row.owner_id,
          name,
          typeId: row.kind === 'snapshot' ? FILE_TYPE.snapshot : FILE_TYPE.checkpointArchive,
          sha512: taken.sha512,
          sizeBytes: taken.sizeBytes,
          output: { ...of, relativePath: name, isOfSweep: row.is_sweep === 1 },
        },
      ],
      clock.now,
    );
    await endSnapshot(queries, row.id, {
      state: 'done',
      date_completed: clock.now(),
      file_id: file!.id,
      file_count: taken.fileCount,
      is_cloned: taken.isCloned ? 1 : 0,
      changed: JSON.stringify(taken.changed),
      changed_count: taken.changedCount,
      skipped: JSON.stringify(taken.skipped),
      skipped_count: taken.skippedCount,
    });
    await recordEvent(queries, {
      at: clock.now(),
      actorId: null,
      subject: `job:${row.job_id}`,
      verb: 'snapshot_taken',
      detail: { run: row.run_number, kind: row.kind, file: file!.id, sizeBytes: taken.sizeBytes },
    });
    const old = await findOldSnapshotFiles(queries, of, { kind: row.kind, keep });
    const unwanted = old.length === 0 ? [] : await deleteFiles(queries, { ids: old }, clock.now());
    await forgetSnapshots(queries, of, LIMITS.snapshotsListed);
    return unwanted;
  }

  async #fail(row: ToMake, error: unknown): Promise<void> {
    const { database, clock, logger, jobChanges } = this.#options;
    const reason = wordsOf(error);
    const isExpected = error instanceof SnapshotError;
    logger.warn(
      { ...(isExpected ? {} : { err: error }), job: row.job_id, run: row.run_number, cause: row.cause },
      `a snapshot could not be taken: ${reason}`,
    );
    await database.write(
      async (queries) => {
        const end = { state: 'failed' as const, date_completed: clock.now(), reason };
        if (!(await endSnapshot(queries, row.id, end))) {
          return;
        }
        await recordEvent(queries, {
          at: clock.now(),
          actorId: null,
          subject: `job:${row.job_id}`,
          verb: 'snapshot_failed',
          detail: { run: row.run_number, kind: row.kind, reason },
        });
        await forgetSnapshots(
          queries,
          { jobId: row.job_id, runNumber: row.run_number },
          LIMITS.snapshotsListed,
        );
      },
      { mayUseReserve: true },
    );
    jobChanges.tell(row.job_id, 'progress');
  }

  async #remove(path: string): Promise<void> {
    const { left } = await removeTree(path);
    if (left !== null) {
      this.#options.logger.error({ path, left }, 'what is left of a snapshot could not be removed');
    }
  }
}

/** Refuses where no command of the run is executed. */
function requireExecuting(row: ToMake) {
  const { cluster_id, cluster_directory } = row;
  const isExecuting = row.outcome === null && row.batch !== null && row.date_started !== null;
  if (!isExecuting || cluster_id === null || cluster_directory === null) {
    throw runOver();
  }
  return { cluster_id, cluster_directory };
}

function keyOf({ jobId, runNumber }: OfRun): string {
  return `${jobId}/${runNumber}`;
}

/** Which files a snapshot takes; null for everything. */
function globsOf(
  { snapshots, checkpoints }: { snapshots?: { globs: string[] } | null; checkpoints: string[] },
  kind: ToMake['kind'],
): string[] | null {
  if (kind === 'checkpoint') {
    return checkpoints;
  }
  return snapshots && snapshots.globs.length > 0 ? snapshots.globs : null;
}

/** `snapshot-run1-20261130T115841.123456Z.tar`: no two are asked for at the same moment. */
function nameOf({ kind, run_number, date_requested }: ToMake): string {
  return `${kind}-run${run_number}-${date_requested.replace(/[-:]/g, '')}.tar`;
}

const HINTS: Record<SnapshotError['code'], string> = {
  run_over: 'Its outputs are kept as those of any run: see jobs/{id}/files/.',
  storage_full: 'Delete files or jobs that are no longer needed, and ask again.',
  agent_error:
    'Ask again. If that does not help, whoever runs the cluster finds the reason in agent.log there.',
  too_many_entries: 'Name the files that are wanted by snapshots.globs of the job.',
};

/** Why there is no snapshot, and what to do about it. */
function wordsOf(error: unknown): string {
  if (error instanceof StorageFullError || meansStorageFull(error)) {
    return `There is no space for it on the disk of this platform. ${HINTS.storage_full}`;
  }
  return error instanceof SnapshotError
    ? `${error.message} ${HINTS[error.code]}`
    : 'The platform could not make it; whoever runs it finds the reason in its log.';
}
