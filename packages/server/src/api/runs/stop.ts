import { stopJobRun } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { stopRun } from '../../jobs/verbs/stop-run.ts';
import type { JobsContext } from '../jobs/context.ts';

export const stop = ({ database, domain, engine }: JobsContext) =>
  route(stopJobRun, async (call) => {
    const applied = await database.write(
      (queries) => stopRun({ ...domain, queries }, call.caller, call.params),
      { mayUseReserve: true },
    );
    if (applied) {
      engine.perform([applied]);
    }
    return {};
  });
