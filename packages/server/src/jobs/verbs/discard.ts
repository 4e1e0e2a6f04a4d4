import { type Caller, person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { giveUpDirectories } from '../../db/queries/kept-directories.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { conflict, notFound } from '../../problems.ts';
import type { Domain } from './domain.ts';

/**
 * Gives up the directory of a run that was cut off; what was collected of it stays. Answers the directories that are to be
 * removed when the write is durable.
 */
export async function discardDirectory(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, runId }: { jobId: string; runId: string },
): Promise<string[]> {
  const job = await findJob(queries, actor, jobId);
  const run = await findRun(queries, job.id, runId);
  if (run.directory === null) {
    throw notFound(`No directory is kept of run ${runId}.`);
  }
  if (run.outcome === null) {
    throw conflict(`Run ${runId} is being resumed in its directory.`, {
      code: 'run_resumed',
      hint: 'Stop the run first (POST jobs/{id}/runs/{n}/stop/), or wait for its end.',
    });
  }
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `job:${job.id}`,
    verb: 'run_directory_discarded',
    detail: { run: run.number },
  });
  return await giveUpDirectories(queries, job.id, [run.number]);
}
