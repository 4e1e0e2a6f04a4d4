import type { Queries } from '../database.ts';

/** Ids of the inputs of a job that belong to its owner and that no other living job takes. */
export async function findUnsharedInputs(
  queries: Queries,
  job: { id: string; owner_id: string },
): Promise<string[]> {
  const rows = await queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .where('job_inputs.job_id', '=', job.id)
    .where('job_inputs.role', '!=', 'restored')
    .where('files.owner_id', '=', job.owner_id)
    .where('files.deleted_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('job_inputs as other')
            .innerJoin('jobs', 'jobs.id', 'other.job_id')
            .whereRef('other.file_id', '=', 'files.id')
            .where('other.job_id', '!=', job.id)
            .where('jobs.deleted_at', 'is', null)
            .select('other.job_id'),
        ),
      ),
    )
    .select('files.id')
    .distinct()
    .execute();
  return rows.map(({ id }) => id);
}
