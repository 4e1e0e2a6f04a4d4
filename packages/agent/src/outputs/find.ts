/**
 * Walks a work directory without recursion and without following a link, and says of each thing in it whether it is
 * an output. Directories are gone through in the order of their names as bytes, so that the outputs come in the order
 * of their paths, and the same ones are kept whenever there are too many.
 */
import type { BigIntStats } from 'node:fs';
import { StepRefused, type TreeCursor } from '../files/cursor.ts';
import { isSameInode, listEntries, lookAt, reasonOf } from '../files/door.ts';
import { followPath, type LinkedTree } from '../files/follow-link.ts';
import { kindOf } from '../files/kind-of.ts';
import { Pace } from '../files/pace.ts';
import { type RawName, textOf, utf8Of } from '../files/raw-name.ts';
import { LOG_NAME, PID_NAME } from '../runs/work-names.ts';
import { type OutputLimits, ofLimit } from './output-limits.ts';
import type { Skipped } from './skipped.ts';
import type { Snapshot } from './snapshot.ts';

export interface Candidate {
  relativePath: string;
  /** The names of the directory below the work directory that has the bytes, and of the file there: a link led to another. */
  directory: RawName[] | FoundDirectory;
  name: RawName;
  /** Where that is below the work directory; null when it cannot be told in text. */
  path: string | null;
  stats: BigIntStats;
  /** Present when only the digest can tell whether the file was changed. */
  unchangedIfSha512?: string;
}

/** A directory with those above it, since the names of deep ones together would fill the memory. */
export interface FoundDirectory {
  name: RawName;
  above: FoundDirectory | null;
  /** Its path with a slash behind it, as outputs are called. */
  prefix: string;
  /** The same as it is; null when that is no text. */
  path: string | null;
  /** Of the prefix, at least. */
  bytes: number;
}

export interface Found {
  outputs: Candidate[];
  /** Further names of the log. */
  namesOfLog: Array<{ directory: FoundDirectory; name: RawName }>;
}

export interface FindOptions {
  /** In the work directory. */
  cursor: TreeCursor;
  /** Opens the work directory for following links, with a cursor of its own. */
  openLinked: () => LinkedTree;
  /** The log, whose further names in the work directory are no outputs of their own. */
  log: BigIntStats | undefined;
  snapshot: Pick<Snapshot, 'compare'>;
  limits: OutputLimits;
  skipped: Skipped;
  signal: AbortSignal;
}

/** A directory that is being gone through: what is left of it comes last first. */
interface Level {
  directory: FoundDirectory;
  names: RawName[];
}

const SLASH = '/';

/** Lists what is new or changed in the work directory. Rejects with the signal's reason when that comes. */
export async function findOutputs(options: FindOptions): Promise<Found> {
  const { cursor, signal } = options;
  using finder = new Finder(options);
  const base = cursor.depth;
  const pace = new Pace(signal);
  const root: FoundDirectory = { name: '' as RawName, above: null, prefix: '', path: '', bytes: 0 };
  const levels: Level[] = [{ directory: root, names: await finder.list(root, pace) }];
  while (levels.length > 0 && !finder.isOver) {
    const { directory, names } = levels.at(-1)!;
    const name = names.pop();
    if (name === undefined) {
      levels.pop();
      if (levels.length > 0) {
        finder.leave(directory);
        levels.length = Math.min(levels.length, cursor.depth - base + 1);
      }
    } else {
      const entered = finder.judge(directory, name);
      if (entered !== null) {
        levels.push({ directory: entered, names: await finder.list(entered, pace) });
      }
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
  return finder.found;
}

class Finder implements Disposable {
  readonly found: Found = { outputs: [], namesOfLog: [] };
  readonly #options: FindOptions;
  #linked: LinkedTree | null = null;
  #entries = 0;
  #pathBytes = 0;
  #bytes = 0;

  constructor(options: FindOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#linked?.cursor[Symbol.dispose]();
  }

  /** Whether so much was looked at that the rest is not. */
  get isOver(): boolean {
    return this.#entries > this.#options.limits.entries;
  }

  /** The names in the current directory, the first one last. */
  async list({ prefix }: FoundDirectory, pace: Pace): Promise<RawName[]> {
    const { cursor, limits } = this.#options;
    const names: RawName[] = [];
    try {
      for (const { name, isDirectory } of listEntries(cursor.fd)) {
        this.#entries += 1;
        if (this.isOver) {
          this.#skip(
            prefix,
            `it and what comes after it were not looked at: ${ofLimit('outputEntriesPerRun', limits.entries)}`,
          );
          return [];
        }
        // A directory has its place by its name with a slash, as the paths of what is in it have.
        names.push(isDirectory ? ((name + SLASH) as RawName) : name);
        if (pace.isDue) {
          await pace.rest();
        }
      }
    } catch (error) {
      this.#options.signal.throwIfAborted();
      this.#skip(prefix, `it cannot be listed: ${reasonOf(error)}`);
    }
    return names.sort((a, b) => (a < b ? 1 : -1));
  }

  leave({ prefix }: FoundDirectory): void {
    try {
      this.#options.cursor.leave();
    } catch (error) {
      this.#skip(prefix, `what comes after it was not looked at: ${reasonOf(error)}`);
    }
  }

  /** Notes what an entry of the current directory is; enters a directory, and answers it. */
  judge(directory: FoundDirectory, entry: RawName): FoundDirectory | null {
    const { cursor } = this.#options;
    const isListedAsDirectory = entry.endsWith(SLASH);
    const name = (isListedAsDirectory ? entry.slice(0, -1) : entry) as RawName;
    const relativePath = directory.prefix + textOf(name);
    try {
      const stats = isListedAsDirectory ? null : lookAt(cursor.fd, name);
      if (stats === undefined) {
        // Removed since it was listed, by whoever may.
        return null;
      }
      if (stats === null || stats.isDirectory()) {
        cursor.enter(name);
        return below(directory, name);
      }
      if (stats.isSymbolicLink()) {
        this.#judgeLink(directory, name, relativePath, stats);
      } else if (stats.isFile()) {
        this.#judgeFile(directory, name, relativePath, stats);
      } else {
        this.#skip(relativePath, `it is ${kindOf(stats)}`);
      }
    } catch (error) {
      this.#skip(
        relativePath,
        error instanceof StepRefused ? error.message : `it cannot be read: ${reasonOf(error)}`,
      );
    }
    return null;
  }

  #judgeFile(directory: FoundDirectory, name: RawName, relativePath: string, stats: BigIntStats): void {
    const { log } = this.#options;
    if (log !== undefined && isSameInode(stats, log)) {
      this.found.namesOfLog.push({ directory, name });
      return;
    }
    if (relativePath === LOG_NAME) {
      this.#skip(relativePath, 'the name belongs to the log of the run');
      return;
    }
    if (relativePath === PID_NAME) {
      // The agent's own, where the command keeps it from being removed.
      return;
    }
    const path = pathOf(directory, name);
    const change = this.#compare(directory, name, relativePath, stats);
    if (change === 'unchanged') {
      return;
    }
    this.#offer({
      relativePath,
      directory,
      name,
      path,
      stats,
      unchangedIfSha512: change === 'new' ? undefined : change.doubtful,
    });
  }

  #judgeLink(directory: FoundDirectory, name: RawName, relativePath: string, stats: BigIntStats): void {
    if (this.#compare(directory, name, relativePath, stats) === 'unchanged') {
      return;
    }
    this.#linked ??= this.#options.openLinked();
    const target = followPath(this.#linked, namesOf(directory), name);
    if (target.kind === 'nothing') {
      this.#skip(relativePath, 'it is a link to nothing');
    } else if (target.kind === 'outside') {
      this.#skip(relativePath, 'it is a link that leaves the work directory');
    } else if (target.kind === 'directory') {
      this.#skip(relativePath, 'it is a link to a directory');
    } else if (!target.stats.isFile()) {
      this.#skip(relativePath, `it is a link to ${kindOf(target.stats)}`);
    } else {
      const { directory: names, name: linked, stats: linkedStats } = target;
      const path = utf8Of([...names, linked].join('/') as RawName);
      this.#offer({ relativePath, directory: names, name: linked, path, stats: linkedStats });
    }
  }

  /** Staging knows its files by what they are called, which is how an archive or a user spelled them. */
  #compare(directory: FoundDirectory, name: RawName, relativePath: string, stats: BigIntStats) {
    const { snapshot, limits } = this.#options;
    // The names of what lies deeper would be put together for each of them.
    return directory.bytes > limits.pathBytes
      ? ('new' as const)
      : snapshot.compare(pathOf(directory, name) ?? relativePath, stats);
  }

  /** Takes an output unless a limit is met. */
  #offer(candidate: Candidate): void {
    const { limits } = this.#options;
    const { relativePath, directory, stats } = candidate;
    const { outputs } = this.found;
    const pathBytes =
      'bytes' in directory && directory.bytes > limits.pathBytes
        ? directory.bytes
        : Buffer.byteLength(JSON.stringify(relativePath));
    if (Number(stats.size) > limits.fileBytes) {
      this.#skip(relativePath, `it is larger than ${ofLimit('outputFileBytes', limits.fileBytes)}`);
    } else if (pathBytes > limits.pathBytes) {
      this.#skip(relativePath, `its path is longer than ${ofLimit('outputPathBytes', limits.pathBytes)}`);
    } else if (outputs.length >= limits.files - 1) {
      this.#skip(
        relativePath,
        `the run has more outputs than ${ofLimit('outputFilesPerRun', limits.files)}; the first by name are kept`,
      );
    } else if (this.#pathBytes + pathBytes > limits.pathBytesPerRun) {
      this.#skip(
        relativePath,
        `the paths of the outputs are longer together than ${ofLimit('outputPathBytesPerRun', limits.pathBytesPerRun)}; the first by name are kept`,
      );
    } else if (this.#bytes + Number(stats.size) > limits.bytes) {
      this.#skip(
        relativePath,
        `the outputs have more bytes together than ${ofLimit('outputBytesPerRun', limits.bytes)}; those that fit, by name, are kept`,
      );
    } else {
      this.#pathBytes += pathBytes;
      // What may be an unchanged input is perhaps no output.
      this.#bytes += candidate.unchangedIfSha512 === undefined ? Number(stats.size) : 0;
      outputs.push(candidate);
    }
  }

  #skip(relativePath: string, reason: string): void {
    this.#options.skipped.add(relativePath, reason);
  }
}

function below(above: FoundDirectory, name: RawName): FoundDirectory {
  const text = textOf(name);
  return {
    name,
    above,
    prefix: `${above.prefix}${text}/`,
    bytes: above.bytes + text.length + 1,
    path: joined(above.path, utf8Of(name), '/'),
  };
}

function pathOf(directory: FoundDirectory, name: RawName): string | null {
  return joined(directory.path, utf8Of(name), '');
}

function joined(path: string | null, name: string | null, end: string): string | null {
  return path === null || name === null ? null : path + name + end;
}

/** The names of a directory, from the work directory on. */
export function namesOf(directory: RawName[] | FoundDirectory): RawName[] {
  if (Array.isArray(directory)) {
    return directory;
  }
  const names: RawName[] = [];
  for (let at = directory; at.above !== null; at = at.above) {
    names.push(at.name);
  }
  return names.reverse();
}
