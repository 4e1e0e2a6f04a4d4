import type { RestartRuns } from '@quarry/contract';
import type { Queries } from '../database.ts';

/** Numbers of the runs of a job that are chosen by how they ended, ascending. */
export async function findChosenRuns(
  queries: Queries,
  jobId: string,
  wanted: RestartRuns,
): Promise<number[]> {
  let runs = queries.selectFrom('runs').where('job_id', '=', jobId);
  if (wanted !== 'all') {
    runs = runs.where(({ eb, or }) =>
      wanted === 'failed'
        ? eb('outcome', '!=', 'success')
        : or([eb('outcome', 'is', null), eb('outcome', '!=', 'success')]),
    );
  }
  const rows = await runs.orderBy('number').select('number').execute();
  return rows.map(({ number }) => number);
}
