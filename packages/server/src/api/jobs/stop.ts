import { stopJob } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { type Clock, secondsBetween } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { route } from '../../http/route.ts';
import { type Applied, applyEvent, readState } from '../../jobs/life/store.ts';
import { stopUndelivered } from '../../jobs/runs/stop-undelivered.ts';
import { LIMITS } from '../../limits.ts';
import type { JobsContext } from './context.ts';

/** Stopping what does not run is no error: scripts stop unconditionally at their end. */
export const stop = (context: JobsContext) =>
  route(stopJob, async (call) => {
    const applied = await context.database.write(
      (queries) => stopWithin(context, queries, call.caller, call.params.jobId),
      { mayUseReserve: true },
    );
    if (applied) context.engine.perform([applied]);
  });

/** Stops a job inside a write; null when it does not run. Effects are to be performed when the write is durable. */
export async function stopWithin(
  { clock }: JobsContext,
  queries: Queries,
  caller: Caller,
  jobId: string,
): Promise<Applied | null> {
  const job = await findJob(queries, caller, jobId);
  if (job.status === null || job.is_completed) return null;
  const kind = (await isOverdue(queries, clock, job)) ? 'force' : 'graceful';
  const undelivered = await stopUndelivered(queries, clock, jobId);
  const actorId = person(caller).userId;
  await recordEvent(queries, { at: clock.now(), actorId, subject: `job:${jobId}`, verb: 'stopped' });
  return applyEvent(queries, clock, jobId, {
    ...{ type: 'stop_requested', kind, undelivered, ending: null },
  });
}

/**
 * Whether a stop of before should long have ended the commands: whoever asks again wants what is still being collected
 * to end as well.
 */
async function isOverdue(queries: Queries, clock: Clock, job: JobWithOwner): Promise<boolean> {
  if (readState(job.state).stop !== 'graceful') return false;
  const last = await queries
    .selectFrom('job_statuses')
    .where('job_id', '=', job.id)
    .where('status', '=', 'Stopping')
    .orderBy('status_date', 'desc')
    .limit(1)
    .select('status_date')
    .executeTakeFirst();
  return last !== undefined && secondsBetween(last.status_date, clock.now()) > LIMITS.stopGraceSeconds;
}
