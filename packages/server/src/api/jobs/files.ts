import { listJobFiles } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { pageOfFiles } from '../files/page-of-files.ts';
import type { JobsContext } from './context.ts';

export const files = ({ database }: JobsContext) =>
  route(listJobFiles, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    return pageOfFiles(database, call, { jobId: job.id, typeId: call.query.type });
  });
