import { listClusterStatuses, listJobStatuses } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import * as histories from '../../db/queries/list-statuses.ts';
import type { JobStatusRow } from '../../db/tables.ts';
import { type Call, route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { JobsContext } from './context.ts';
import { clusterStatusToWire, jobStatusToWire } from './to-wire.ts';

export const statuses = (context: JobsContext) =>
  route(listJobStatuses, async (call) =>
    paginate(call, inMemory(await history(context, call)), jobStatusToWire),
  );

/** The history of a job, newest first; with `wait`, once it begins with another row than `since`. */
async function history(
  { database, jobChanges, waitSlots }: JobsContext,
  call: Call<typeof listJobStatuses>,
): Promise<JobStatusRow[]> {
  const { wait = 0, since, page = 1 } = call.query;
  const look = async (caller = call.caller) => {
    const job = await findJob(database.read, caller, call.params.jobId);
    return histories.listJobStatuses(database.read, job.id);
  };
  // The links to further pages carry the query along: only the first page is waited for.
  if (wait === 0 || page > 1 || call.method === 'HEAD') {
    return look();
  }

  const deadline = performance.now() + wait * 1000;
  const hasChanged = ([newest]: JobStatusRow[]) => (since ? newest?.id !== since : newest !== undefined);
  using watch = jobChanges.watch(call.params.jobId);
  let rows = await look();
  if (hasChanged(rows)) {
    return rows;
  }
  using _slot = waitSlots.take(call.caller);
  while (!hasChanged(rows) && (await watch.next({ deadline, least: 'status', signal: call.signal }))) {
    // Rights may have ended meanwhile, as may have the job.
    rows = await look(await call.authenticateAgain());
  }
  return rows;
}

export const clusterStatuses = ({ database }: JobsContext) =>
  route(listClusterStatuses, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    return paginate(
      call,
      inMemory(await histories.listClusterStatuses(database.read, job.id)),
      clusterStatusToWire,
    );
  });
