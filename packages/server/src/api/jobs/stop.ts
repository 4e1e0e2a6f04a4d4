import { stopJob } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { route } from '../../http/route.ts';
import { stopUndelivered } from '../../jobs/stop-undelivered.ts';
import { applyEvent } from '../../jobs/store.ts';
import type { JobsContext } from './context.ts';

/** Stopping what does not run is no error: scripts stop unconditionally at their end. */
export const stop = ({ database, clock, engine }: JobsContext) =>
  route(stopJob, async (call) => {
    const { jobId } = call.params;
    const { userId } = person(call.caller);
    const applied = await database.write(
      async (queries) => {
        const job = await findJob(queries, call.caller, jobId);
        if (job.status === null || job.is_completed) return null;
        const undelivered = await stopUndelivered(queries, clock, jobId);
        await recordEvent(queries, {
          at: clock.now(),
          actorId: userId,
          subject: `job:${jobId}`,
          verb: 'stopped',
        });
        return applyEvent(queries, clock, jobId, { type: 'stop_requested', kind: 'graceful', undelivered });
      },
      { mayUseReserve: true },
    );
    if (applied) engine.perform([applied]);
  });
