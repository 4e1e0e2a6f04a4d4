import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';

/** Ends the runs of a job that no agent has got, and answers how many they were. */
export async function stopUndelivered(queries: Queries, clock: Clock, jobId: string): Promise<number> {
  const stopped = await queries
    .updateTable('runs')
    .set({ outcome: 'stopped', date_completed: clock.now() })
    .where('job_id', '=', jobId)
    .where('batch', 'is', null)
    .where('outcome', 'is', null)
    .returning('number')
    .execute();
  return stopped.length;
}
