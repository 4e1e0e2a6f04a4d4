import { stopJobs } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { Applied } from '../../jobs/life/store.ts';
import { forEachOfMany } from '../../jobs/verbs/many.ts';
import { stopJob } from '../../jobs/verbs/stop.ts';
import type { JobsContext } from './context.ts';

/** Stops all jobs in one transaction, each as if it were stopped alone. */
export const stopMany = ({ database, domain, engine }: JobsContext) =>
  route(stopJobs, async (call) => {
    const stopping = await database.write(
      async (queries) => {
        const applied = new Map<string, Applied | null>();
        await forEachOfMany(call.body.jobs, async (id) => {
          if (!applied.has(id)) {
            applied.set(id, await stopJob({ ...domain, queries }, call.caller, id));
          }
        });
        return applied;
      },
      { mayUseReserve: true },
    );
    const applied = [...stopping.values()].filter((each) => each !== null);
    engine.perform(applied);
    return {
      stopping: applied.map(({ jobId }) => jobId),
      unchanged: [...stopping].filter(([, each]) => each === null).map(([id]) => id),
    };
  });
