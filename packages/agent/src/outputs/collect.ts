import { constants, copyFile, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunOutput } from '@quarry/contract';
import { INLINE_HASH_BYTES, PARALLEL_FLUSHES, SKIPPED_ENTRIES } from '../limits.ts';
import { isDiskFull, outputLost } from '../runs/failure.ts';
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
  /** Bytes of all outputs together; 0 for as many as the disk takes. */
  limitBytes?: number;
}

export interface Collected {
  outputs: RunOutput[];
  skipped: { relativePath: string; reason: string }[];
  /** Present when the disk did not take something. */
  lost: ReturnType<typeof outputLost> | null;
}

/** Finds, hashes and flushes what a run made or changed; the log comes last. Rejects only on faults of the agent. */
export async function collectOutputs(options: CollectOptions): Promise<Collected> {
  const { workDirectory, logPath, snapshot, limit } = options;
  const log = lstatSync(logPath, { bigint: true, throwIfNoEntry: false });
  const found = findOutputs({ workDirectory, snapshot, logInode: log?.ino ?? null });
  for (const { relativePath } of found.outputs.splice(Math.max(0, limit - 1))) {
    found.skipped.push({ relativePath, reason: `the run has more than ${limit} outputs` });
  }
  leaveOutBeyond(options.limitBytes ?? 0, found);
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
  found.namesOfLog.forEach(removeName);
  return { outputs, skipped: shorten(found.skipped), lost };
}

/** In the order of their names, so that the same outputs are kept each time; the log has a bound of its own. */
function leaveOutBeyond(limitBytes: number, found: Found): void {
  if (limitBytes === 0) {
    return;
  }
  let bytes = 0;
  found.outputs = found.outputs.filter(({ relativePath, sizeBytes, unchangedIfSha512 }) => {
    if (bytes + sizeBytes <= limitBytes) {
      // What may be an unchanged input is perhaps no output.
      bytes += unchangedIfSha512 === undefined ? sizeBytes : 0;
      return true;
    }
    const reason = `the outputs of the run have more than outputBytesPerRun (${limitBytes} bytes)`;
    found.skipped.push({ relativePath, reason });
    return false;
  });
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
  const inline = found.outputs.reduce((total, { sizeBytes }) => total + sizeBytes, 0) <= INLINE_HASH_BYTES;
  const results: (RunOutput | null)[] = [];
  let lost: Collected['lost'] = null;
  let next = 0;
  const work = async () => {
    for (let index = next++; index < found.outputs.length; index = next++) {
      const candidate = found.outputs[index]!;
      try {
        results[index] = await takeOne(candidate, index, inline, options);
      } catch (error) {
        results[index] = null;
        found.skipped.push({ relativePath: candidate.relativePath, reason: (error as Error).message });
        if (isDiskFull(error)) {
          lost ??= outputLost((error as Error).message);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_FLUSHES, found.outputs.length) }, work));
  return { outputs: results.filter((output) => output !== null), lost };
}

async function takeOne(
  candidate: Candidate,
  index: number,
  inline: boolean,
  { hasher, copiesDirectory }: CollectOptions,
): Promise<RunOutput | null> {
  const { relativePath, source, needsCopy, executable, modifiedAt, unchangedIfSha512 } = candidate;
  let path = source;
  if (needsCopy) {
    path = join(copiesDirectory, String(index));
    mkdirSync(copiesDirectory, { recursive: true });
    await copy(source, path, constants.COPYFILE_FICLONE);
  }
  // The copy of a file that grew since it was listed is hashed as it is; the size is of the bytes hashed.
  const { sha512, sizeBytes } = await hasher.hash(path, {
    inline: inline && statSync(path).size <= INLINE_HASH_BYTES,
  });
  return sha512 === unchangedIfSha512
    ? null
    : { relativePath, path, sizeBytes, sha512, executable, modifiedAt };
}

function shorten(skipped: Collected['skipped']): Collected['skipped'] {
  const rest = skipped.length - SKIPPED_ENTRIES;
  return rest <= 0
    ? skipped
    : [...skipped.slice(0, SKIPPED_ENTRIES), { relativePath: '…', reason: `${rest} more could not be kept` }];
}
