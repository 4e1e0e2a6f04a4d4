import { deleteJob as endpoint } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { deleteJob } from '../../jobs/verbs/delete.ts';
import type { JobsContext } from './context.ts';

export const remove = ({ database, domain, engine, jobChanges, clearAway }: JobsContext) =>
  route(endpoint, async (call) => {
    const { jobId } = call.params;
    const wanted = { jobId, withInputs: call.query.deleteInputFiles ?? false };
    const leftovers = await database.write(
      (queries) => deleteJob({ ...domain, queries }, call.caller, wanted),
      { mayUseReserve: true },
    );
    jobChanges.tell(jobId, 'status');
    engine.lookAtDependents(jobId);
    // The rows are gone durably; bytes that survive a crash here are found by the next start.
    await clearAway(leftovers);
  });
