import { rerunJobs } from '@quarry/contract';
import { undoneIfRefused } from '../../db/undone-if-refused.ts';
import { route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import { clusterEnded, type Rerun, rerunRuns } from '../../jobs/verbs/rerun.ts';
import { LIMITS } from '../../limits.ts';
import { oneByOne } from '../../one-by-one.ts';
import { refused } from '../../problems.ts';
import type { JobsContext } from '../jobs/context.ts';

/** Executes again what failed of each job, all of them in one transaction, so that a repeated request does it once. */
export const rerunMany = ({ database, domain, engine, jobChanges, clearAway }: JobsContext) =>
  route(rerunJobs, async (call) => {
    const { jobs, resume } = call.body;
    let reruns: Rerun[] = [];
    const made = await once({ database, clock: domain.clock }, call, async () => {
      // Those whose clusters do not end in time, or that are not there, are refused one by one below.
      await Promise.allSettled(
        jobs.map((jobId) => clusterEnded({ queries: database.read, jobChanges }, call.caller, jobId)),
      );
      return async (queries) => {
        let runs = 0;
        const each = await oneByOne(jobs, (jobId) =>
          undoneIfRefused(queries, async () => {
            if (runs >= LIMITS.runsPerBulk) {
              throw tooManyRuns();
            }
            const rerun = await rerunRuns({ ...domain, queries }, call.caller, { jobId, resume });
            if (runs + rerun.numbers.length > LIMITS.runsPerBulk) {
              throw tooManyRuns();
            }
            runs += rerun.numbers.length;
            return rerun;
          }),
        );
        reruns = [...each.done.values()];
        const found = [...each.done].map(([id, { numbers }]) => ({ id, runs: numbers.length }));
        return {
          rerun: found.filter((job) => job.runs > 0),
          unchanged: found.filter((job) => job.runs === 0).map(({ id }) => id),
          refused: each.refused,
        };
      };
    });
    engine.perform(reruns.flatMap(({ applied }) => applied ?? []));
    await clearAway({
      unwanted: reruns.flatMap(({ unwanted }) => unwanted),
      discarded: reruns.flatMap(({ discarded }) => discarded),
    });
    return made;
  });

function tooManyRuns() {
  return refused(`One request executes at most ${LIMITS.runsPerBulk} runs again.`, {
    code: 'too_many_runs',
    hint: 'Send the jobs that were refused in another request.',
  });
}
