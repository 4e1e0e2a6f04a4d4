import { person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import type { Call } from '../../http/route.ts';
import { deletedSince, once } from '../../idempotency/once.ts';
import type { WantedJob } from '../../jobs/verbs/clone.ts';
import { prepareJob, saveJob } from '../../jobs/verbs/save.ts';
import { Problem } from '../../problems.ts';
import { answerJob } from './answer-job.ts';
import type { JobsContext } from './context.ts';

type SaveCall = Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn' | 'idempotency' | 'replayed'>;

/** Saves a job for the caller, once for each Idempotency-Key, and answers it. */
export async function saveOnce(context: JobsContext, call: SaveCall, findWanted: () => Promise<WantedJob>) {
  const { database, domain } = context;
  const owner = person(call.caller);
  const { jobId, warnings } = await once({ database, clock: domain.clock }, call, async () => {
    const job = await prepareJob({ ...domain, queries: database.read }, owner, await findWanted());
    return async (queries) => {
      await saveJob({ ...domain, queries }, owner, job);
      return { jobId: job.id, warnings: job.warnings };
    };
  });
  for (const text of warnings) {
    call.warn(text);
  }
  const job = await findJob(database.read, call.caller, jobId).catch((error) => {
    throw error instanceof Problem && error.kind === 'not_found' ? deletedSince(`The job "${jobId}"`) : error;
  });
  return answerJob(context, call, job);
}
