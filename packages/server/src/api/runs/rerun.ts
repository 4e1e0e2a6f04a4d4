import { rerunJobRuns } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import { clusterEnded, type Rerun, rerunRuns } from '../../jobs/verbs/rerun.ts';
import type { JobsContext } from '../jobs/context.ts';

export const rerun = ({ database, domain, engine, jobChanges, clearAway }: JobsContext) =>
  route(rerunJobRuns, async (call) => {
    const { jobId } = call.params;
    const done: Rerun[] = [];
    const made = await once({ database, clock: domain.clock }, call, async () => {
      await clusterEnded({ queries: database.read, jobChanges }, call.caller, jobId);
      return async (queries) => {
        const rerun = await rerunRuns({ ...domain, queries }, call.caller, { jobId, ...call.body });
        done.push(rerun);
        return { runs: rerun.numbers.map(String) };
      };
    });
    for (const { applied, ...leftovers } of done) {
      if (applied) {
        engine.perform([applied]);
      }
      await clearAway(leftovers);
    }
    return made;
  });
