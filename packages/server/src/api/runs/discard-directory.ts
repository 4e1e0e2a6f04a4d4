import { discardRunDirectory } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { giveUpDirectories } from '../../db/queries/kept-directories.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { conflict, notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { RunsContext } from './index.ts';

/** Gives up the directory of a run that was cut off; what was collected of it stays. */
export const discardDirectory = ({ database, clock, onDiscarded }: RunsContext) =>
  route(discardRunDirectory, async (call) => {
    const { jobId, runId } = call.params;
    const { userId } = person(call.caller);
    const discarded = await database.write(
      async (queries) => {
        const job = await findJob(queries, call.caller, jobId);
        const run = await findRun(queries, job.id, runId);
        if (run.directory === null) throw notFound(`No directory is kept of run ${runId}.`);
        if (run.outcome === null) {
          throw conflict(`Run ${runId} is being resumed in its directory.`, {
            code: 'run_resumed',
            hint: 'Stop the run first (POST jobs/{id}/runs/{n}/stop/), or wait for its end.',
          });
        }
        await recordEvent(queries, {
          at: clock.now(),
          actorId: userId,
          subject: `job:${job.id}`,
          verb: 'run_directory_discarded',
          detail: { run: run.number },
        });
        return await giveUpDirectories(queries, job.id, [run.number]);
      },
      { mayUseReserve: true },
    );
    onDiscarded(discarded);
  });
