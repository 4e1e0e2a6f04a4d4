import { existsSync } from 'node:fs';
import type { Queries } from '../db/database.ts';
import { readState } from '../jobs/life/store.ts';
import { type Check, failed, ok, some, warning } from './check.ts';

/** Whether jobs, their histories, runs and clusters tell the same story. */
export async function checkJobs(queries: Queries): Promise<Check> {
  const jobs = await queries
    .selectFrom('jobs')
    .leftJoin('clusters', 'clusters.id', 'jobs.cluster_id')
    .where('jobs.deleted_at', 'is', null)
    .where('jobs.status', 'is not', null)
    .select([
      'jobs.id',
      'jobs.state',
      'jobs.status',
      'jobs.is_completed',
      'clusters.id as cluster',
      'clusters.is_ended',
    ])
    .select(({ selectFrom }) => [
      selectFrom('runs')
        .whereRef('runs.job_id', '=', 'jobs.id')
        .where('runs.outcome', 'is', null)
        .select(({ fn }) => fn.countAll<number>().as('open'))
        .as('open_runs'),
      selectFrom('job_statuses')
        .whereRef('job_statuses.job_id', '=', 'jobs.id')
        .orderBy('status_date', 'desc')
        .limit(1)
        .select('status')
        .as('last_status'),
    ])
    .execute();
  const problems: string[] = [];
  let live = 0;
  for (const job of jobs) {
    const { phase } = readState(job.state);
    if (job.cluster === null) {
      problems.push(`${job.id} was submitted and has no cluster`);
    }
    if (job.last_status !== job.status) {
      problems.push(`${job.id} shows ${job.status}, its history ends in ${job.last_status}`);
    }
    if ((phase === 'completed') !== (job.is_completed === 1)) {
      problems.push(`${job.id} is both completed and not`);
    }
    if (phase === 'completed' && Number(job.open_runs) > 0) {
      problems.push(`${job.id} is completed with runs that are not`);
    }
    if (phase !== 'completed' && job.is_ended === 1) {
      problems.push(`${job.id} goes on without a cluster`);
    }
    if (phase !== 'completed') {
      live += 1;
    }
  }
  if (problems.length > 0) {
    return failed(
      'jobs',
      `${some(problems)}.`,
      'Start the server, which reconciles jobs; if this stays, report it with the log.',
    );
  }
  return ok('jobs', `${jobs.length} submitted, ${live} of them under way, all consistent`);
}

/** Outputs that could not be stored and wait in the directory of their cluster. */
export async function checkKeptClusters(queries: Queries): Promise<Check[]> {
  const kept = await queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .where('clusters.is_ended', '=', 1)
    .where('clusters.holds_outputs', '=', 1)
    .where('jobs.deleted_at', 'is', null)
    .select(['jobs.id', 'clusters.directory'])
    .execute();
  const left = kept.filter(({ directory }) => existsSync(directory));
  if (left.length === 0) {
    return [];
  }
  return [
    warning(
      'outputs',
      `Outputs of ${left.length} jobs could not be stored: ${some(left.map(({ id, directory }) => `${id} in ${directory}`))}.`,
      'Copy what is needed out of there, then delete those directories.',
    ),
  ];
}
