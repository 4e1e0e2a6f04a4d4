import type { Caller } from '../../access/caller.ts';
import { notFound } from '../../errors.ts';
import type { Queries } from '../database.ts';
import { visibleJobs } from './visible-jobs.ts';

/** A job the caller may see, with its owner's address; refuses with 404 when there is none. */
export async function findJob(queries: Queries, caller: Caller, jobId: string) {
  const job = await visibleJobs(queries, caller)
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('jobs.id', '=', jobId)
    .selectAll('jobs')
    .select('users.email as owner')
    .executeTakeFirst();
  if (!job) throw notFound(`There is no job "${jobId}" that you may see.`);
  return job;
}

export type JobWithOwner = Awaited<ReturnType<typeof findJob>>;
