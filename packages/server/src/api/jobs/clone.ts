import { cloneJob } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { wantedClone } from '../../jobs/verbs/clone.ts';
import type { JobsContext } from './context.ts';
import { saveOnce } from './save-once.ts';

export const clone = (context: JobsContext) =>
  route(cloneJob, (call) => {
    const wanted = { jobId: call.params.jobId, name: call.body?.name };
    const queries = context.database.read;
    return saveOnce(context, call, () => wantedClone({ queries }, call.caller, wanted));
  });
