import type { Queries } from '../database.ts';
import type { FileWithOwner } from './files-list.ts';

export interface RunOfOutputs {
  jobId: string;
  run: number;
  /** The runs of a sweep have their outputs under a directory of their own. */
  isOfSweep: boolean;
}

/** The living output of a run by its path in the work directory; the newest where several have it. */
export function findOutput(
  queries: Queries,
  of: RunOfOutputs,
  path: string,
): Promise<FileWithOwner | undefined> {
  return queries
    .selectFrom('files')
    .innerJoin('users', 'users.id', 'files.owner_id')
    .where('files.job_id', '=', of.jobId)
    .where('files.run_number', '=', of.run)
    .where('files.relative_path', '=', folderOf(of) + path)
    .where('files.deleted_at', 'is', null)
    .orderBy('files.date_uploaded', 'desc')
    .orderBy('files.id', 'desc')
    .limit(1)
    .selectAll('files')
    .select('users.email as owner_email')
    .executeTakeFirst();
}

/** A living output as a listing of its work directory tells of it. */
export interface ListedOutput {
  path: string;
  size_bytes: number;
  date_modified: string | null;
}

/** The living outputs of a run by their paths in the work directory, the first ones in the order of these. */
export async function listOutputs(
  queries: Queries,
  of: RunOfOutputs,
  limit: number,
): Promise<ListedOutput[]> {
  const rows = await queries
    .selectFrom('files')
    .where('job_id', '=', of.jobId)
    .where('run_number', '=', of.run)
    .where('deleted_at', 'is', null)
    .orderBy('relative_path')
    .limit(limit)
    .select(['relative_path', 'size_bytes', 'date_modified'])
    .execute();
  return rows.map(({ relative_path: path, ...file }) => ({ ...file, path: pathInRun(path, of) }));
}

/** Where an output lay below the work directory of its run, from where it is listed. */
export function pathInRun(path: string, of: Pick<RunOfOutputs, 'isOfSweep' | 'run'>): string {
  const folder = folderOf(of);
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

function folderOf({ isOfSweep, run }: Pick<RunOfOutputs, 'isOfSweep' | 'run'>): string {
  return isOfSweep ? `run${run}/` : '';
}
