import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';

const find = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .innerJoin('users', 'users.id', 'files.owner_id')
    .where('job_inputs.job_id', '=', jobId)
    // What is restored may be many, and lies before them in the index.
    .where('job_inputs.tile', '>=', 0)
    .orderBy('job_inputs.tile')
    .orderBy('job_inputs.position')
    .selectAll('files')
    .select(['job_inputs.tile', 'job_inputs.role', 'job_inputs.decompress', 'users.email as owner_email']),
);

/** The files that a job names, with what for, in the order of its tiles, deleted ones included. */
export function findJobInputs(queries: Queries, jobId: string) {
  return find(queries, { jobId });
}
