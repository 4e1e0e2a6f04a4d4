import { opendir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type DirectoryEntry, listRunDirectory } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import type { RunsContext } from './index.ts';
import { workDirectory } from './work-directory.ts';

export const directory = ({ database }: RunsContext) =>
  route(listRunDirectory, async (call): Promise<DirectoryEntry[]> => {
    const { jobId, runId } = call.params;
    const job = await findJob(database.read, call.caller, jobId);
    const run = await findRun(database.read, job.id, runId);
    if (run.outcome !== null || run.cluster_directory === null) {
      throw notFound(
        `Run ${runId} is not executing; its files are at jobs/${jobId}/files/ once it has ended.`,
      );
    }
    const paths = await listFiles(workDirectory(run.cluster_directory, run.number), LIMITS.directoryEntries);
    if (paths.length === LIMITS.directoryEntries) {
      call.warn(`Only the first ${LIMITS.directoryEntries} files are listed.`);
    }
    return paths.sort().map((path) => ({
      path,
      resource: `/api/jobs/${jobId}/runs/${runId}/tail/${path.split('/').map(encodeURIComponent).join('/')}`,
    }));
  });

/** Files below a directory, relative to it, at most `most`; links are not followed. */
async function listFiles(root: string, most: number): Promise<string[]> {
  const found: string[] = [];
  const left = [root];
  while (left.length > 0 && found.length < most) {
    const current = left.pop()!;
    // A directory may vanish while the command runs.
    const entries = await opendir(current).catch(() => null);
    if (entries === null) continue;
    for await (const entry of entries) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) left.push(path);
      else if (entry.isFile() && found.length < most) found.push(relative(root, path));
    }
  }
  return found;
}
