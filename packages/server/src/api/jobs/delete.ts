import { deleteJob as endpoint } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { route } from '../../http/route.ts';
import { deleteJob, type Leftovers } from '../../jobs/verbs/delete.ts';
import { beginTask } from '../../tasks/begin.ts';
import type { JobsContext } from './context.ts';

export const remove = (context: JobsContext) =>
  route(endpoint, async (call) => {
    const { jobId } = call.params;
    const wanted = { jobId, withInputs: call.query.deleteInputFiles ?? false };
    const { taskId, files, ...leftovers } = await removeJob(context, call.caller, wanted);
    if (taskId !== null) {
      call.warn(
        `The job is gone. Its ${files} files are removed by the task ${taskId} (GET tasks/${taskId}/).`,
      );
    }
    // The rows are gone durably; bytes that survive a crash here are found by the next start.
    await context.clearAway(leftovers);
  });

export interface RemovedJob extends Leftovers {
  /** The task that removes its files, and how many there are; null where there is nothing left to do. */
  taskId: string | null;
  files: number | null;
}

/** Deletes a job; what it leaves is to be cleared away. */
export async function removeJob(
  { database, domain, engine, jobChanges, tasks }: JobsContext,
  caller: Caller,
  wanted: { jobId: string; withInputs: boolean },
): Promise<RemovedJob> {
  const { jobId } = wanted;
  const removed = await database.write(
    async (queries) => {
      const { filesToRemove, ...deleted } = await deleteJob({ ...domain, queries }, caller, wanted);
      const taskId =
        filesToRemove === null
          ? null
          : await beginTask({ ...domain, queries }, caller, {
              kind: 'deletion',
              subject: { type: 'job', id: jobId },
              wish: { files: filesToRemove },
            });
      return { ...deleted, taskId, files: filesToRemove };
    },
    { mayUseReserve: true },
  );
  if (removed.taskId !== null) {
    tasks.wake();
  }
  jobChanges.tell(jobId, 'status');
  engine.lookAtDependents(jobId);
  return removed;
}
