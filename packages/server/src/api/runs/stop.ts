import { stopJobRun } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { route } from '../../http/route.ts';
import type { StoredDefinition } from '../../jobs/definition/definition.ts';
import { followIteration } from '../../jobs/runs/optimization.ts';
import { STOPPED_WAITING } from '../../jobs/runs/stop-undelivered.ts';
import type { Applied } from '../../jobs/store.ts';
import { openLife } from '../../jobs/store.ts';
import type { RunsContext } from './index.ts';

/** Stops one run. What no agent has got yet ends at once, else the agent is told; what has ended stays as it is. */
export const stop = ({ database, clock, engine }: RunsContext) =>
  route(stopJobRun, async (call) => {
    const { jobId, runId } = call.params;
    const { userId } = person(call.caller);
    const applied = await database.write(
      async (queries): Promise<Applied | null> => {
        const job = await findJob(queries, call.caller, jobId);
        const run = await findRun(queries, job.id, runId);
        if (run.outcome !== null) return null;
        const life = await openLife(queries, clock, job.id);
        const isWaiting = run.batch === null;
        await queries
          .updateTable('runs')
          .set(
            isWaiting
              ? {
                  outcome: 'stopped',
                  failure: JSON.stringify(STOPPED_WAITING),
                  date_completed: clock.now(),
                }
              : { stop_requested: 1 },
          )
          .where('job_id', '=', job.id)
          .where('number', '=', run.number)
          .execute();
        if (isWaiting) {
          const definition = JSON.parse(job.definition) as StoredDefinition;
          const ended = { number: run.number, outcome: 'stopped' as const };
          const planned = await followIteration(
            queries,
            { id: job.id, definition, state: life.state },
            ended,
          );
          life.apply({ type: 'run_finished', outcome: 'stopped', failure: STOPPED_WAITING, planned });
        }
        await recordEvent(queries, {
          at: clock.now(),
          actorId: userId,
          subject: `job:${job.id}`,
          verb: 'run_stopped',
          detail: { run: run.number },
        });
        const saved = await life.save();
        return { ...saved, effects: [...saved.effects, 'notify_agent'] };
      },
      { mayUseReserve: true },
    );
    if (applied) engine.perform([applied]);
    return {};
  });
