import type { takeRunSnapshot } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findSnapshot, type SnapshotWithFile } from '../../db/queries/snapshots.ts';
import type { Call } from '../../http/route.ts';
import type { RequestedSnapshot } from '../../jobs/verbs/snapshot.ts';
import { notFound } from '../../problems.ts';
import type { JobsContext } from '../jobs/context.ts';

/** A snapshot when it is there or has failed, or as it is when the time is over. */
export async function snapshotEnded(
  { database, jobChanges, waitSlots }: JobsContext,
  call: Call<typeof takeRunSnapshot>,
  { id, jobId }: RequestedSnapshot,
  waitSeconds: number,
): Promise<SnapshotWithFile> {
  const deadline = performance.now() + waitSeconds * 1000;
  const look = async (caller = call.caller) => {
    // Rights may have ended meanwhile, as may have the job.
    await findJob(database.read, caller, jobId);
    const row = await findSnapshot(database.read, id);
    if (row === undefined) {
      throw notFound('The snapshot was deleted meanwhile.');
    }
    return row;
  };
  using watch = jobChanges.watch(jobId);
  let row = await look();
  if (row.state !== 'pending' || waitSeconds === 0) {
    return row;
  }
  using _slot = waitSlots.take(call.caller);
  while (row.state === 'pending' && (await watch.next({ deadline, signal: call.signal }))) {
    row = await look(await call.authenticateAgain());
  }
  return row;
}
