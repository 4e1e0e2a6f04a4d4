import { stopJob as endpoint } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { stopJob } from '../../jobs/verbs/stop.ts';
import type { JobsContext } from './context.ts';

/** Stopping what does not run is no error: scripts stop unconditionally at their end. */
export const stop = ({ database, domain, engine }: JobsContext) =>
  route(endpoint, async (call) => {
    const applied = await database.write(
      (queries) => stopJob({ ...domain, queries }, call.caller, call.params.jobId),
      { mayUseReserve: true },
    );
    if (applied) {
      engine.perform([applied]);
    }
  });
