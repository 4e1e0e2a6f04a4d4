import { type Caller, person, seesEverything } from '../../access/caller.ts';
import { forbidden, notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import { jobsWithin, type Reach, reachOf } from './visible-jobs.ts';

const find = { all: findWithin('all'), own: findWithin('own'), managed: findWithin('managed') };

function findWithin(reach: Reach) {
  return prepared(['userId', 'jobId'], (queries, { userId, jobId }) =>
    jobsWithin(queries, reach, userId)
      .innerJoin('users', 'users.id', 'jobs.owner_id')
      .where('jobs.id', '=', jobId)
      .leftJoin('clusters', 'clusters.id', 'jobs.cluster_id')
      .selectAll('jobs')
      .select(['users.email as owner', 'clusters.slots_granted']),
  );
}

/** A job the caller may see, with its owner's address; refuses with 404 when there is none. */
export async function findJob(queries: Queries, caller: Caller, jobId: string) {
  const [job] = await find[reachOf(caller)](queries, { userId: person(caller).userId, jobId });
  if (!job) {
    throw notFound(`There is no job "${jobId}" that you may see.`);
  }
  return job;
}

export type JobWithOwner = Awaited<ReturnType<typeof findJob>>;

/**
 * A job the caller may change or submit: its commands run with the reach of its owner, so whoever manages its
 * project sees and stops it, and no more.
 */
export async function findOwnJob(queries: Queries, caller: Caller, jobId: string): Promise<JobWithOwner> {
  const job = await findJob(queries, caller, jobId);
  if (job.owner_id === person(caller).userId || seesEverything(caller)) {
    return job;
  }
  throw forbidden(
    'Only the owner of a job may change or submit it.',
    'Clone it (POST jobs/{id}/clone/): the clone is yours.',
  );
}
