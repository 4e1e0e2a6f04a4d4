import { type Caller, person } from '../../access/caller.ts';
import { notFound } from '../../errors.ts';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import { jobsWithin, type Reach, reachOf } from './visible-jobs.ts';

const find = { all: findWithin('all'), own: findWithin('own'), managed: findWithin('managed') };

function findWithin(reach: Reach) {
  return prepared(['userId', 'jobId'], (queries, { userId, jobId }) =>
    jobsWithin(queries, reach, userId)
      .innerJoin('users', 'users.id', 'jobs.owner_id')
      .where('jobs.id', '=', jobId)
      .selectAll('jobs')
      .select('users.email as owner'),
  );
}

/** A living job, whoever asks: for answering what the caller has just been allowed to do to it. */
export async function readJob(queries: Queries, jobId: string): Promise<JobWithOwner> {
  const job = await queries
    .selectFrom('jobs')
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('jobs.id', '=', jobId)
    .where('jobs.deleted_at', 'is', null)
    .selectAll('jobs')
    .select('users.email as owner')
    .executeTakeFirst();
  if (!job) throw notFound();
  return job;
}

/** A job the caller may see, with its owner's address; refuses with 404 when there is none. */
export async function findJob(queries: Queries, caller: Caller, jobId: string) {
  const [job] = await find[reachOf(caller)](queries, { userId: person(caller).userId, jobId });
  if (!job) throw notFound(`There is no job "${jobId}" that you may see.`);
  return job;
}

export type JobWithOwner = Awaited<ReturnType<typeof findJob>>;
