import { type Caller, person, seesEverything } from '../access/caller.ts';
import type { Database, Queries } from '../db/database.ts';
import { findFile } from '../db/queries/files-find.ts';
import { isInputOf } from '../db/queries/files-in-use.ts';
import type { FileWithOwner } from '../db/queries/files-list.ts';
import { visibleJobs } from '../db/queries/visible-jobs.ts';
import { notFound } from '../problems.ts';

/**
 * The file, if this caller may know of it: their own, any for an admin, outputs of jobs they may see for a project's
 * manager, and inputs of its job for an agent.
 */
export async function findVisibleFile(
  database: Database,
  caller: Caller,
  fileId: string,
): Promise<FileWithOwner> {
  const file = await findFile(database.read, fileId);
  if (file === undefined) throw notFound();
  if (!(await maySee(database.read, caller, file))) throw notFound();
  return file;
}

async function maySee(queries: Queries, caller: Caller, file: FileWithOwner): Promise<boolean> {
  if (caller.kind === 'agent') return isInputOf(queries, file.id, caller.jobId);
  if (file.owner_id === person(caller).userId || seesEverything(caller)) return true;
  if (file.job_id === null) return false;
  const job = await visibleJobs(queries, caller)
    .where('jobs.id', '=', file.job_id)
    .select('jobs.id')
    .executeTakeFirst();
  return job !== undefined;
}
