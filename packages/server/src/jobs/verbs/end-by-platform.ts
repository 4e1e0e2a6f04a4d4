import type { Failure } from '@quarry/contract';
import { recordEvent } from '../../db/queries/record-event.ts';
import { type Applied, applyEvent, openLife } from '../life/store.ts';
import { stopUndelivered } from '../runs/stop-undelivered.ts';
import type { Domain } from './domain.ts';

/**
 * Ends a job that a cluster executes, as failed for this reason, with its commands asked first; null for one that waits or has
 * ended, or is being stopped. Effects are to be performed when the write is durable.
 */
export async function endByPlatform(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  jobId: string,
  failure: Failure,
): Promise<Applied | null> {
  const { phase, stop } = (await openLife(queries, clock, jobId)).state;
  if (stop !== null || !['launched', 'ready', 'executing'].includes(phase)) {
    return null;
  }
  const undelivered = await stopUndelivered(queries, clock, jobId);
  await recordEvent(queries, {
    at: clock.now(),
    actorId: null,
    subject: `job:${jobId}`,
    verb: 'stopped',
    detail: { code: failure.code },
  });
  const ending = { outcome: 'failed' as const, failure };
  return applyEvent(queries, clock, jobId, { type: 'stop_requested', kind: 'graceful', undelivered, ending });
}
