import { constants, copyFile, lstatSync, mkdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunOutput } from '@quarry/contract';
import { INLINE_HASH_BYTES, PARALLEL_FLUSHES, SKIPPED_ENTRIES } from '../limits.ts';
import { isDiskFull, outputLost } from '../runs/failure.ts';
import type { Copier } from './copy.ts';
import { type Candidate, type Found, findOutputs } from './find.ts';
import type { Hasher } from './hasher.ts';
import type { Snapshot } from './snapshot.ts';

const copy = promisify(copyFile);
const LOG_NAME = 'process_output.log';

export interface CollectOptions {
  workDirectory: string;
  logPath: string;
  /** Where copies are made of what cannot be handed over itself. */
  copiesDirectory: string;
  snapshot: Snapshot;
  hasher: Hasher;
  limit: number;
  /** Hands over copies of everything, made by this, so that the directory of the run stays as it is. */
  copier?: Copier;
  /** When it is aborted, what has not been taken by then is left out, but for the log. */
  signal?: AbortSignal;
}

export interface Collected {
  outputs: RunOutput[];
  skipped: { relativePath: string; reason: string }[];
  /** Present when the disk did not take something. */
  lost: ReturnType<typeof outputLost> | null;
}

/** Finds, hashes and flushes what a run made or changed; the log comes last. Rejects only on faults of the agent. */
export async function collectOutputs(options: CollectOptions): Promise<Collected> {
  const { workDirectory, logPath, snapshot, limit, copier } = options;
  const log = lstatSync(logPath, { bigint: true, throwIfNoEntry: false });
  const found = findOutputs({ workDirectory, snapshot, logInode: log?.ino ?? null });
  for (const { relativePath } of found.outputs.splice(Math.max(0, limit - 1))) {
    found.skipped.push({ relativePath, reason: `the run has more than ${limit} outputs` });
  }
  if (log !== undefined) {
    const sizeBytes = Number(log.size);
    found.outputs.push({
      relativePath: LOG_NAME,
      source: logPath,
      needsCopy: false,
      sizeBytes,
      executable: false,
      modifiedAt: log.mtime.toISOString(),
    });
  }
  const { outputs, lost } = await hashAll(found, options);
  if (copier === undefined) {
    found.namesOfLog.forEach(removeName);
  }
  return { outputs, skipped: shorten(found.skipped), lost };
}

/** Whoever takes the log over can move it only when it has no other name. */
function removeName(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It will be copied.
  }
}

async function hashAll(found: Found, options: CollectOptions): Promise<Pick<Collected, 'outputs' | 'lost'>> {
  const { copier, signal } = options;
  const inline = found.outputs.reduce((total, { sizeBytes }) => total + sizeBytes, 0) <= INLINE_HASH_BYTES;
  const results: (RunOutput | null)[] = [];
  let lost: Collected['lost'] = null;
  const take = async (index: number, until?: AbortSignal) => {
    const candidate = found.outputs[index]!;
    try {
      until?.throwIfAborted();
      results[index] = await unlessAborted(takeOne(candidate, index, inline, options), until);
    } catch (error) {
      results[index] = null;
      rmSync(join(options.copiesDirectory, String(index)), { force: true });
      found.skipped.push({ relativePath: candidate.relativePath, reason: (error as Error).message });
      if (isDiskFull(error)) {
        lost ??= outputLost((error as Error).message);
      }
    }
  };
  let count = found.outputs.length;
  if (copier !== undefined && count > 0) {
    // Where not everything can be taken, the log is, which comes last.
    count -= 1;
    await take(count);
  }
  let next = 0;
  const work = async () => {
    while (next < count) {
      await take(next++, signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_FLUSHES, found.outputs.length) }, work));
  return { outputs: results.filter((output) => output !== null), lost };
}

async function takeOne(
  candidate: Candidate,
  index: number,
  inline: boolean,
  { hasher, copiesDirectory, copier }: CollectOptions,
): Promise<RunOutput | null> {
  const { relativePath, source, needsCopy, executable, modifiedAt, unchangedIfSha512 } = candidate;
  let path = source;
  if (needsCopy || copier !== undefined) {
    path = join(copiesDirectory, String(index));
    mkdirSync(copiesDirectory, { recursive: true });
    await (copier === undefined ? copy(source, path, constants.COPYFILE_FICLONE) : copier.copy(source, path));
  }
  // The copy of a file that grew since it was listed is hashed as it is; the size is of the bytes hashed.
  const { sha512, sizeBytes } = await hasher.hash(path, {
    inline: inline && statSync(path).size <= INLINE_HASH_BYTES,
  });
  if (sha512 === unchangedIfSha512) {
    if (path !== source) {
      rmSync(path, { force: true });
    }
    return null;
  }
  return { relativePath, path, sizeBytes, sha512, executable, modifiedAt };
}

/** A copy or a hash cannot be broken off: whoever aborts does not wait for it. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) {
    return work;
  }
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function shorten(skipped: Collected['skipped']): Collected['skipped'] {
  const rest = skipped.length - SKIPPED_ENTRIES;
  return rest <= 0
    ? skipped
    : [...skipped.slice(0, SKIPPED_ENTRIES), { relativePath: '…', reason: `${rest} more could not be kept` }];
}
