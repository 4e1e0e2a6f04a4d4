import { StepRefused } from '@quarry/agent/files/cursor';
import { listEntries, lookAt } from '@quarry/agent/files/door';
import { Pace } from '@quarry/agent/files/pace';
import { type RawName, textOf } from '@quarry/agent/files/raw-name';
import { type DirectoryEntry, listRunDirectory } from '@quarry/contract';
import { findExecutingRun } from '../../db/queries/find-runs.ts';
import { route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import type { JobsContext } from '../jobs/context.ts';
import { openWorkDirectory, type WorkDirectory } from './work-directory.ts';

export const directory = ({ database }: JobsContext) =>
  route(listRunDirectory, async (call): Promise<DirectoryEntry[]> => {
    const { jobId, runId } = call.params;
    const run = await findExecutingRun(database.read, call.caller, jobId, runId);
    using work = await openWorkDirectory(run);
    const { files, isWhole } = await listFiles(work);
    if (!isWhole) {
      call.warn(
        `The directory is larger than what is listed: ${LIMITS.directoryEntries} files, found among ${LIMITS.directoryWalk} entries, with paths of ${LIMITS.directoryPathBytes} bytes together.`,
      );
    }
    return files
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ path, sizeBytes }) => ({
        path,
        resource: `/api/jobs/${jobId}/runs/${runId}/tail/${path.split('/').map(encodeURIComponent).join('/')}`,
        sizeBytes,
      }));
  });

interface Listed {
  files: Array<Pick<Required<DirectoryEntry>, 'path' | 'sizeBytes'>>;
  isWhole: boolean;
}

/** A directory on the way down, with those in it that are yet to be entered. */
interface Level {
  prefix: string;
  left: RawName[];
}

/** Files in the work directory by their paths, as many as the limits allow; links are not followed. */
async function listFiles(work: WorkDirectory | null): Promise<Listed> {
  const listed: Listed = { files: [], isWhole: true };
  if (work === null) {
    return listed;
  }
  const { cursor } = work;
  const base = cursor.depth;
  const pace = new Pace();
  const bounds = { entries: LIMITS.directoryWalk, pathBytes: LIMITS.directoryPathBytes };
  const levels = [listOne(cursor.fd, '', listed, bounds)];
  for (let level = levels.at(-1); level !== undefined && listed.isWhole; level = levels.at(-1)) {
    const name = level.left.pop();
    // A directory may vanish, or become a link, while the command runs.
    try {
      if (name !== undefined) {
        cursor.enter(name);
        levels.push(listOne(cursor.fd, `${level.prefix}${textOf(name)}/`, listed, bounds));
      } else {
        levels.pop();
        if (levels.length > 0) {
          cursor.leave();
        }
      }
    } catch (error) {
      if (error instanceof StepRefused) {
        levels.length = Math.min(levels.length, cursor.depth - base + 1);
      }
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
  return listed;
}

/** Adds the files of a directory; `bounds` say how much may still come. */
function listOne(
  fd: number,
  prefix: string,
  listed: Listed,
  bounds: { entries: number; pathBytes: number },
): Level {
  const level: Level = { prefix, left: [] };
  try {
    for (const { name, isDirectory, isFile } of listEntries(fd)) {
      if (--bounds.entries < 0 || listed.files.length === LIMITS.directoryEntries || bounds.pathBytes < 0) {
        listed.isWhole = false;
        break;
      }
      if (isDirectory) {
        level.left.push(name);
      } else if (isFile) {
        const path = prefix + textOf(name);
        bounds.pathBytes -= Buffer.byteLength(path);
        listed.files.push({ path, sizeBytes: Number(lookAt(fd, name)?.size ?? 0) });
      }
    }
  } catch {
    // Not readable, or removed meanwhile.
  }
  return level;
}
