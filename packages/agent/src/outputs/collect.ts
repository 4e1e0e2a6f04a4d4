import { realpathSync, unlinkSync } from 'node:fs';
import type { RunOutput, SkippedOutput } from '@quarry/contract';
import { TreeCursor } from '../files/cursor.ts';
import { entryAt, hasCode, isSameInode, lookAt, reasonOf } from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';
import { COLLECT_PROGRESS_MS, INLINE_HASH_BYTES, LARGE_OUTPUT_BYTES, PARALLEL_FLUSHES } from '../limits.ts';
import { isDiskFull, outputLost } from '../runs/failure.ts';
import { LOG_NAME, WORK_NAMES, WORK_PATH } from '../runs/work-names.ts';
import type { CopyRoom } from './copy-room.ts';
import { type Candidate, type Found, findOutputs, namesOf } from './find.ts';
import { HandOver, type Source } from './hand-over.ts';
import type { Hasher } from './hasher.ts';
import type { OutputLimits } from './output-limits.ts';
import { Skipped } from './skipped.ts';
import type { Snapshot } from './snapshot.ts';

export interface CollectOptions {
  /** Of the run, where no command can change a name; may itself be reached through links. */
  directory: string;
  /** Below it: where copies are made of what cannot be handed over itself. */
  copiesName: string;
  snapshot: Pick<Snapshot, 'compare'>;
  hasher: Hasher;
  limits: OutputLimits;
  /** Ends it early: what was not hashed by then is told as skipped. */
  signal?: AbortSignal;
  /** Called now and then. */
  onProgress?: (progress: CollectProgress) => void;
  /**
   * Everything stays where and as it is: what is handed over are copies, which take this room; the log comes first.
   */
  room?: CopyRoom;
  /** Called before a file is moved to a name among the copies, by its path below the directory of the run. */
  onMovedAside?: (relativePath: string, name: string) => void;
}

/** How many outputs have been hashed, of how many. */
export interface CollectProgress {
  files: number;
  totalFiles: number;
  bytes: number;
  totalBytes: number;
}

export interface Collected {
  outputs: RunOutput[];
  /** What could not be kept: as much of it as is listed, and how much it is. */
  skipped: SkippedOutput[];
  skippedCount: number;
  /** Present when the disk did not take something. */
  lost: ReturnType<typeof outputLost> | null;
  /** The signal came before everything was hashed. */
  isCutShort: boolean;
}

/** Finds, hashes and flushes what a run made or changed; the log comes last. Rejects only on faults of the agent. */
export async function collectOutputs(options: CollectOptions): Promise<Collected> {
  const { directory, copiesName, hasher, room = null, onMovedAside = () => {} } = options;
  const path = realpathSync.native(directory);
  const access = { access: room === null ? 0o700 : 0o500, restoresModes: room !== null } as const;
  using cursor = new TreeCursor(path, access);
  using handOver = new HandOver({
    cursor,
    hasher,
    room,
    onMovedAside,
    copiesDirectory: `${path}/${copiesName}`,
  });
  const collection = new Collection(options, path, cursor, handOver);
  await collection.find(() => new TreeCursor(path, access));
  if (room === null) {
    await collection.hash();
    await collection.hashLog();
  } else {
    await collection.hashLog();
    await collection.hash();
  }
  return collection.collected;
}

/** One run's outputs being collected. */
class Collection {
  readonly #options: CollectOptions;
  readonly #path: string;
  readonly #cursor: TreeCursor;
  readonly #handOver: HandOver;
  readonly #signal: AbortSignal;
  readonly #skipped = new Skipped();
  readonly #log;
  readonly #outputs: (RunOutput | null)[] = [];
  #found: Found = { outputs: [], namesOfLog: [] };
  #lost: Collected['lost'] = null;
  #isCutShort = false;

  constructor(options: CollectOptions, path: string, cursor: TreeCursor, handOver: HandOver) {
    this.#options = options;
    this.#path = path;
    this.#cursor = cursor;
    this.#handOver = handOver;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#log = lookAt(cursor.fd, rawOf(LOG_NAME));
  }

  get collected(): Collected {
    return {
      outputs: this.#outputs.filter((output) => output !== null),
      skipped: this.#skipped.entries,
      skippedCount: this.#skipped.count,
      lost: this.#lost,
      isCutShort: this.#isCutShort,
    };
  }

  async find(openCursor: () => TreeCursor): Promise<void> {
    const { directory, snapshot, limits } = this.#options;
    if (!this.#enterWork()) {
      return;
    }
    const paths = [this.#path, directory].map((path) => rawOf(`${path}/${WORK_PATH}`));
    try {
      this.#found = await findOutputs({
        cursor: this.#cursor,
        snapshot,
        limits,
        log: this.#log,
        skipped: this.#skipped,
        signal: this.#signal,
        openLinked: () => ({
          cursor: openCursor(),
          root: WORK_NAMES,
          paths: [paths[0]!, ...paths.slice(1)],
        }),
      });
    } catch (error) {
      if (!this.#signal.aborted) {
        throw error;
      }
      this.#cutShort('', 'the run was stopped while its outputs were being looked for');
    }
  }

  /** False when there is nothing to be found there; why is told, unless the command has just removed it. */
  #enterWork(): boolean {
    for (const name of WORK_NAMES) {
      try {
        this.#cursor.enter(name);
      } catch (error) {
        const present = lookAt(this.#cursor.fd, name);
        if (present !== undefined) {
          this.#skipped.add(
            '',
            present.isDirectory()
              ? `the work directory cannot be entered: ${reasonOf(error)}`
              : `it is ${present.isSymbolicLink() ? 'a link' : 'no directory'}, put where the work directory was`,
          );
        }
        return false;
      }
    }
    return true;
  }

  async hash(): Promise<void> {
    const { outputs } = this.#found;
    const totalBytes = outputs.reduce((total, { stats }) => total + Number(stats.size), 0);
    const inline = totalBytes <= INLINE_HASH_BYTES;
    const done = { files: 0, bytes: 0 };
    const timer = setInterval(() => {
      const bytes = Math.min(totalBytes, done.bytes + this.#handOver.bytesUnderWay);
      this.#options.onProgress?.({ files: done.files, totalFiles: outputs.length, bytes, totalBytes });
    }, COLLECT_PROGRESS_MS);
    const order = smallFirst(outputs);
    let next = 0;
    const work = async () => {
      for (let index = order[next++]; index !== undefined; index = order[next++]) {
        const candidate = outputs[index]!;
        await this.#hashOne(this.#toSource(candidate), index, inline, this.#signal);
        done.files += 1;
        done.bytes += Number(candidate.stats.size);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(PARALLEL_FLUSHES, outputs.length) }, work));
    } finally {
      clearInterval(timer);
    }
  }

  /** Also when everything else was cut short: it says what happened, and has a limit of its own. */
  async hashLog(): Promise<void> {
    const log = this.#log;
    if (log === undefined) {
      return;
    }
    if (this.#options.room === undefined) {
      this.#removeNamesOfLog();
    }
    const source: Source = {
      relativePath: LOG_NAME,
      name: rawOf(LOG_NAME),
      path: `${this.#path}/${LOG_NAME}`,
      directory: () => [],
      stats: log,
    };
    const inline = log.size <= INLINE_HASH_BYTES;
    await this.#hashOne(source, this.#found.outputs.length, inline, new AbortController().signal);
  }

  /** Whoever takes the log over can move it only when it has no other name. */
  #removeNamesOfLog(): void {
    for (const { directory, name } of this.#found.namesOfLog) {
      try {
        this.#cursor.moveTo([...WORK_NAMES, ...namesOf(directory)]);
        const stats = lookAt(this.#cursor.fd, name);
        if (stats !== undefined && isSameInode(stats, this.#log!)) {
          unlinkSync(entryAt(this.#cursor.fd, name));
        }
      } catch {
        // It will be copied.
      }
    }
  }

  #toSource({ relativePath, directory, name, path, stats, unchangedIfSha512 }: Candidate): Source {
    return {
      relativePath,
      name,
      stats,
      unchangedIfSha512,
      directory: () => [...WORK_NAMES, ...namesOf(directory)],
      path: path === null ? null : `${this.#path}/${WORK_PATH}/${path}`,
    };
  }

  async #hashOne(source: Source, index: number, inline: boolean, signal: AbortSignal): Promise<void> {
    const { relativePath } = source;
    if (signal.aborted) {
      this.#cutShort(relativePath, 'the run was stopped before it was read');
      return;
    }
    try {
      this.#outputs[index] = await this.#handOver.take(source, { inline, signal });
    } catch (error) {
      if (signal.aborted) {
        this.#cutShort(relativePath, 'the run was stopped while it was read');
        return;
      }
      this.#skipped.add(
        relativePath,
        hasCode(error, 'ENOENT') ? 'it was removed meanwhile' : reasonOf(error),
      );
      if (isDiskFull(error)) {
        this.#lost ??= outputLost(reasonOf(error));
      }
    }
  }

  #cutShort(relativePath: string, reason: string): void {
    this.#isCutShort = true;
    this.#skipped.add(relativePath, reason);
  }
}

/** What is large comes last, so that nothing waits for it, nor is lost when somebody stops it. */
function smallFirst(outputs: readonly Candidate[]): number[] {
  const isLarge = ({ stats }: Candidate) => Number(stats.size) > LARGE_OUTPUT_BYTES;
  const [small, large]: [number[], number[]] = [[], []];
  for (const [index, candidate] of outputs.entries()) {
    (isLarge(candidate) ? large : small).push(index);
  }
  return [...small, ...large];
}
