import { lstat, opendir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type DirectoryEntry, listRunDirectory } from '@quarry/contract';
import { findExecutingRun } from '../../db/queries/find-runs.ts';
import { route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import type { RunsContext } from './index.ts';
import { findWorkDirectory, openAsFound } from './work-directory.ts';

export const directory = ({ database }: RunsContext) =>
  route(listRunDirectory, async (call): Promise<DirectoryEntry[]> => {
    const { jobId, runId } = call.params;
    const run = await findExecutingRun(database.read, call.caller, jobId, runId);
    const work = await findWorkDirectory(run.clusterDirectory, run.number);
    const { files, isWhole } = await listFiles(work);
    if (!isWhole) {
      call.warn(
        `The directory is larger than what is listed: ${LIMITS.directoryEntries} files, found among ${LIMITS.directoryWalk} entries.`,
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

type FoundFile = Pick<Required<DirectoryEntry>, 'path' | 'sizeBytes'>;

/** Files below a directory, relative to it, as many as the limits allow; links are not followed. */
async function listFiles(root: string | null): Promise<{ files: FoundFile[]; isWhole: boolean }> {
  const files: FoundFile[] = [];
  const left = root === null ? [] : [root];
  let entries = 0;
  for (let current = left.pop(); current !== undefined; current = left.pop()) {
    // A directory may vanish, or become a link, while the command runs: what is read is what was found.
    await using directory = await openAsFound(current);
    const listed = directory && (await opendir(`/proc/self/fd/${directory.fd}`).catch(() => null));
    if (!listed) continue;
    for await (const entry of listed) {
      if (files.length === LIMITS.directoryEntries || ++entries > LIMITS.directoryWalk) {
        return { files, isWhole: false };
      }
      const path = join(current, entry.name);
      if (entry.isDirectory()) left.push(path);
      else if (entry.isFile()) {
        const stat = await lstat(`/proc/self/fd/${directory.fd}/${entry.name}`).catch(() => null);
        if (stat?.isFile()) files.push({ path: relative(root!, path), sizeBytes: stat.size });
      }
    }
  }
  return { files, isWhole: true };
}
