import { listClusterStatuses, listJobStatuses } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import * as histories from '../../db/queries/list-statuses.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { JobsContext } from './context.ts';
import { clusterStatusToWire, jobStatusToWire } from './to-wire.ts';

export const statuses = ({ database }: JobsContext) =>
  route(listJobStatuses, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    return paginate(call, inMemory(await histories.listJobStatuses(database.read, job.id)), jobStatusToWire);
  });

export const clusterStatuses = ({ database }: JobsContext) =>
  route(listClusterStatuses, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    return paginate(
      call,
      inMemory(await histories.listClusterStatuses(database.read, job.id)),
      clusterStatusToWire,
    );
  });
