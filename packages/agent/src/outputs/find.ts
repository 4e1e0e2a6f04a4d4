/**
 * Walks a work directory without recursion and without following a link, and says of each thing in it
 * whether it is an output. Names are bytes until they are known to be text.
 */
import { isUtf8 } from 'node:buffer';
import { type BigIntStats, chmodSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from './snapshot.ts';

export interface Candidate {
  relativePath: string;
  /** What holds the bytes: the file itself, or the file that a link points to. */
  source: string;
  /** Its name is not the only one for its bytes, so a copy must be handed over. */
  needsCopy: boolean;
  sizeBytes: number;
  executable: boolean;
  /** When its content changed last, ISO 8601. */
  modifiedAt: string;
  /** Present when only the digest can tell whether the file was changed. */
  unchangedIfSha512?: string;
}

export interface Found {
  outputs: Candidate[];
  skipped: { relativePath: string; reason: string }[];
  /** Further names of the log. */
  namesOfLog: string[];
}

const OWNER_READS = 0o400;
const OWNER_LISTS = 0o700;
const ANY_EXECUTES = 0o111n;

export interface FindOptions {
  workDirectory: string;
  /** Inode of the log, whose second name in the work directory is no output of its own. */
  logInode: bigint | null;
  snapshot: Snapshot;
}

/** Lists what is new or changed in the work directory, sorted by path. */
export function findOutputs(options: FindOptions): Found {
  const { workDirectory } = options;
  const found: Found = { outputs: [], skipped: [], namesOfLog: [] };
  const root = realpathOrNull(workDirectory);
  if (root === null) {
    return found;
  }
  // The directory itself is the command's to replace, and the agent reaches what a sandbox hides.
  if (lstatSync(workDirectory).isSymbolicLink()) {
    skip(found, '', 'it is a link, put where the work directory was');
    return found;
  }
  const directories = [''];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    for (const name of list(join(root, directory), directory, found)) {
      const printable = join(directory, name.toString('utf8'));
      if (!isUtf8(name)) {
        skip(found, printable, 'its name is not UTF-8');
        continue;
      }
      try {
        if (judge(options, root, printable, found) === 'directory') {
          directories.push(printable);
        }
      } catch (error) {
        skip(found, printable, (error as Error).message);
      }
    }
  }
  found.outputs.sort((a, b) => (a.relativePath < b.relativePath ? -1 : 1));
  return found;
}

function judge(
  options: FindOptions,
  root: string,
  relativePath: string,
  found: Found,
): 'directory' | undefined {
  const path = join(root, relativePath);
  const stats = lstatSync(path, { bigint: true });
  if (stats.isDirectory()) {
    return 'directory';
  }
  if (stats.isSymbolicLink()) {
    judgeLink(options, root, relativePath, stats, found);
  } else if (stats.isFile()) {
    judgeFile(options, path, relativePath, stats, found);
  } else {
    skip(found, relativePath, `it is ${kindOf(stats)}`);
  }
}

function judgeFile(
  { logInode, snapshot }: FindOptions,
  path: string,
  relativePath: string,
  stats: BigIntStats,
  found: Found,
): void {
  if (stats.ino === logInode) {
    found.namesOfLog.push(path);
    return;
  }
  if (relativePath === '.rescalepid') {
    // The agent's, and only still there when the agent died.
    return;
  }
  if (relativePath === 'process_output.log') {
    skip(found, relativePath, 'the name belongs to the log of the run');
    return;
  }
  const change = snapshot.compare(relativePath, stats);
  if (change === 'unchanged') {
    return;
  }
  found.outputs.push({
    ...{ relativePath, source: path, needsCopy: stats.nlink > 1n, ...readable(path, stats) },
    unchangedIfSha512: change === 'new' ? undefined : change.doubtful,
  });
}

function judgeLink(
  { snapshot }: FindOptions,
  root: string,
  relativePath: string,
  stats: BigIntStats,
  found: Found,
): void {
  if (snapshot.compare(relativePath, stats) === 'unchanged') {
    return;
  }
  const target = realpathOrNull(join(root, relativePath));
  if (target === null) {
    skip(found, relativePath, 'it is a link to nothing');
  } else if (!target.startsWith(`${root}/`)) {
    skip(found, relativePath, 'it is a link that leaves the work directory');
  } else {
    const targetStats = statSync(target, { bigint: true });
    if (targetStats.isFile()) {
      found.outputs.push({ relativePath, source: target, needsCopy: true, ...readable(target, targetStats) });
    } else {
      skip(found, relativePath, `it is a link to ${kindOf(targetStats)}`);
    }
  }
}

/** Owners may read their files whatever the mode says, once they have changed it. */
function readable(
  path: string,
  stats: BigIntStats,
): Pick<Candidate, 'sizeBytes' | 'executable' | 'modifiedAt'> {
  if ((stats.mode & BigInt(OWNER_READS)) === 0n) {
    chmodSync(path, Number(stats.mode & 0o777n) | OWNER_READS);
  }
  return {
    sizeBytes: Number(stats.size),
    executable: (stats.mode & ANY_EXECUTES) !== 0n,
    modifiedAt: stats.mtime.toISOString(),
  };
}

function list(path: string, relativePath: string, found: Found): Buffer[] {
  try {
    return readdirSync(path, { encoding: 'buffer' });
  } catch {
    try {
      chmodSync(path, OWNER_LISTS);
      return readdirSync(path, { encoding: 'buffer' });
    } catch (error) {
      skip(found, relativePath, (error as Error).message);
      return [];
    }
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function skip(found: Found, relativePath: string, reason: string): void {
  found.skipped.push({ relativePath, reason });
}

function realpathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
