import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Queries } from '../database.ts';

/** Whether this is a job of the caller's, or for administrators anybody's, that has been deleted. */
export async function wasDeleted(queries: Queries, caller: Caller, jobId: string): Promise<boolean> {
  const job = await queries
    .selectFrom('jobs')
    .where('id', '=', jobId)
    .where('deleted_at', 'is not', null)
    .select('owner_id')
    .executeTakeFirst();
  return job !== undefined && (job.owner_id === person(caller).userId || seesEverything(caller));
}
