import { type Caller, person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { endWaitingRun, markStopRequested } from '../../db/queries/stop-runs.ts';
import { readDefinition } from '../definition/stored.ts';
import { type Applied, openLife } from '../life/store.ts';
import { followIteration } from '../optimization/optimization.ts';
import { STOPPED_WAITING } from '../runs/stop-undelivered.ts';
import type { Domain } from './domain.ts';

/**
 * Stops one run. What no agent has got yet ends at once, else the agent is told; null for what has ended already, which
 * stays as it is. Effects are to be performed when the write is durable.
 */
export async function stopRun(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, runId }: { jobId: string; runId: string },
): Promise<Applied | null> {
  const job = await findJob(queries, actor, jobId);
  const run = await findRun(queries, job.id, runId);
  if (run.outcome !== null) {
    return null;
  }
  const life = await openLife(queries, clock, job.id);
  if (run.batch === null) {
    const end = { outcome: 'stopped', failure: STOPPED_WAITING, at: clock.now() } as const;
    await endWaitingRun(queries, job.id, run.number, end);
    const planned = await followIteration(
      queries,
      { id: job.id, definition: readDefinition(job.definition), state: life.state },
      { number: run.number, outcome: 'stopped' },
    );
    life.apply({ type: 'run_finished', outcome: 'stopped', failure: STOPPED_WAITING, planned });
  } else {
    await markStopRequested(queries, job.id, run.number);
  }
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `job:${job.id}`,
    verb: 'run_stopped',
    detail: { run: run.number },
  });
  const saved = await life.save();
  return { ...saved, effects: [...saved.effects, 'notify_agent'] };
}
