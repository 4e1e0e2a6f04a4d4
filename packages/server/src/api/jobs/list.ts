import { listJobs } from '@quarry/contract';
import { listJobs as findJobs } from '../../db/queries/list-jobs.ts';
import { route } from '../../http/route.ts';
import { paginate } from '../paging.ts';
import type { JobsContext } from './context.ts';
import { summaryToWire } from './to-wire.ts';

export const list = ({ database, domain: { clock } }: JobsContext) =>
  route(listJobs, async (call) => {
    const source = findJobs(database.read, call.caller, call.query, clock.now());
    return paginate(call, source, (row) => summaryToWire(row, { clock, version: call.version }));
  });
