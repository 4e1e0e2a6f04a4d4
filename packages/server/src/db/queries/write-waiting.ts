import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';

/** Notes why a job waits, as JSON. */
export async function noteWaiting(queries: Queries, jobId: string, waiting: string): Promise<void> {
  await queries.updateTable('jobs').set({ waiting }).where('id', '=', jobId).execute();
}

const update = prepared(['jobId', 'waiting'], (queries, { jobId, waiting }) =>
  queries.updateTable('jobs').set({ waiting }).where('id', '=', jobId).where('waiting', 'is not', null),
);

/** Tells jobs that wait why they wait now; one that has left the queue since has nothing there to change. */
export async function changeWaiting(
  queries: Queries,
  jobs: ReadonlyArray<{ jobId: string; waiting: string }>,
): Promise<void> {
  for (const job of jobs) {
    await update(queries, job);
  }
}
