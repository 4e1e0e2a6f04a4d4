import { restartJob } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { wantedRestart } from '../../jobs/verbs/restart.ts';
import { answerJob } from './answer-job.ts';
import type { JobsContext } from './context.ts';
import { saveOnce } from './save-once.ts';
import { submitNow } from './submit.ts';

export const restart = (context: JobsContext) =>
  route(restartJob, async (call) => {
    const queries = context.database.read;
    const { submit, ...wish } = call.body;
    const saved = await saveOnce(context, call, () =>
      wantedRestart({ queries }, call.caller, { ...wish, jobId: call.params.jobId }),
    );
    // A request that is repeated finds its job submitted.
    if (!submit || saved.status !== null) {
      return saved;
    }
    await submitNow(context, call.caller, saved.id);
    return answerJob(context, call, await findJob(queries, call.caller, saved.id));
  });
