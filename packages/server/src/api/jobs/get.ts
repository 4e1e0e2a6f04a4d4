import { getJob } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { answerJob } from './answer-job.ts';
import type { JobsContext } from './context.ts';

export const get = (context: JobsContext) =>
  route(getJob, async (call) =>
    answerJob(context, call, await findJob(context.database.read, call.caller, call.params.jobId)),
  );
