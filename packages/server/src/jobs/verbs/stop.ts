import { type Caller, person } from '../../access/caller.ts';
import { secondsBetween } from '../../clock.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findLastStatus } from '../../db/queries/list-statuses.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { LIMITS } from '../../limits.ts';
import type { StopKind } from '../life/state.ts';
import { type Applied, applyEvent, readState } from '../life/store.ts';
import { stopUndelivered } from '../runs/stop-undelivered.ts';
import type { Domain } from './domain.ts';

type Needs = Pick<Domain, 'queries' | 'clock'>;

/** Stops a job, as hard as its user wants; null when it does not run. Effects are to be performed when the write is durable. */
export async function stopJob(
  { queries, clock }: Needs,
  actor: Caller,
  jobId: string,
  wanted: StopKind = 'graceful',
): Promise<Applied | null> {
  const job = await findJob(queries, actor, jobId);
  if (job.status === null || job.is_completed) {
    return null;
  }
  const isHurried = wanted === 'graceful' && (await isOverdue({ queries, clock }, job));
  const kind = isHurried ? 'force' : wanted;
  const undelivered = await stopUndelivered(queries, clock, jobId);
  const actorId = person(actor).userId;
  await recordEvent(queries, {
    at: clock.now(),
    actorId,
    subject: `job:${jobId}`,
    verb: 'stopped',
    ...(wanted === 'graceful' ? {} : { detail: { kind: wanted } }),
  });
  return applyEvent(queries, clock, jobId, { type: 'stop_requested', kind, undelivered, ending: null });
}

/**
 * Whether a stop of before should long have ended the commands: whoever asks again wants what is still being collected
 * to end as well.
 */
async function isOverdue({ queries, clock }: Needs, job: JobWithOwner): Promise<boolean> {
  if (readState(job.state).stop !== 'graceful') {
    return false;
  }
  const last = await findLastStatus(queries, job.id, 'Stopping');
  return last !== undefined && secondsBetween(last.status_date, clock.now()) > LIMITS.stopGraceSeconds;
}
