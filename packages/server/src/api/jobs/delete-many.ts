import { deleteJobs } from '@quarry/contract';
import { wasDeleted } from '../../db/queries/deleted-jobs.ts';
import { route } from '../../http/route.ts';
import { oneByOne } from '../../one-by-one.ts';
import type { JobsContext } from './context.ts';
import { type RemovedJob, removeJob } from './delete.ts';

/** Deletes each job by itself, as if it were deleted alone. */
export const deleteMany = (context: JobsContext) =>
  route(deleteJobs, async ({ caller, body }) => {
    const removed: RemovedJob[] = [];
    const { done, refused } = await oneByOne(body.jobs, async (jobId) => {
      if (await wasDeleted(context.database.read, caller, jobId)) {
        return null;
      }
      const job = await removeJob(context, caller, { jobId, withInputs: body.deleteInputFiles });
      removed.push(job);
      return job;
    }).finally(() =>
      context.clearAway({
        unwanted: removed.flatMap(({ unwanted }) => unwanted),
        discarded: removed.flatMap(({ discarded }) => discarded),
      }),
    );
    const deleted = [...done].filter(([, each]) => each !== null);
    return {
      deleted: deleted.map(([id]) => id),
      tasks: deleted.flatMap(([, each]) => each?.taskId ?? []),
      unchanged: [...done].filter(([, each]) => each === null).map(([id]) => id),
      refused,
    };
  });
