import { deleteJob as endpoint } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { deleteJob } from '../../jobs/verbs/delete.ts';
import { beginTask } from '../../tasks/begin.ts';
import type { JobsContext } from './context.ts';

export const remove = ({ database, domain, engine, jobChanges, clearAway, tasks }: JobsContext) =>
  route(endpoint, async (call) => {
    const { jobId } = call.params;
    const wanted = { jobId, withInputs: call.query.deleteInputFiles ?? false };
    const { taskId, files, ...leftovers } = await database.write(
      async (queries) => {
        const { filesToRemove, ...deleted } = await deleteJob({ ...domain, queries }, call.caller, wanted);
        const taskId =
          filesToRemove === null
            ? null
            : await beginTask({ ...domain, queries }, call.caller, {
                kind: 'deletion',
                subject: { type: 'job', id: jobId },
                wish: { files: filesToRemove },
              });
        return { ...deleted, taskId, files: filesToRemove };
      },
      { mayUseReserve: true },
    );
    if (taskId !== null) {
      tasks.wake();
      call.warn(
        `The job is gone. Its ${files} files are removed by the task ${taskId} (GET tasks/${taskId}/).`,
      );
    }
    jobChanges.tell(jobId, 'status');
    engine.lookAtDependents(jobId);
    // The rows are gone durably; bytes that survive a crash here are found by the next start.
    await clearAway(leftovers);
  });
