import { type Caller, person } from '../../access/caller.ts';
import { markDeleted } from '../../db/queries/change-job.ts';
import { deleteFiles, deleteOutputs } from '../../db/queries/files-delete.ts';
import { addToFileCount } from '../../db/queries/files-insert.ts';
import { countFilesOfJob } from '../../db/queries/files-removed.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { giveUpDirectories } from '../../db/queries/kept-directories.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { deleteUsage } from '../../db/queries/run-usage.ts';
import { findUnsharedInputs } from '../../db/queries/unshared-inputs.ts';
import { LIMITS } from '../../limits.ts';
import { refused } from '../../problems.ts';
import type { Domain } from './domain.ts';
import { refuseOutputsInUse } from './outputs-in-use.ts';
import { refuseWhileRestarting } from './restart.ts';

/** What nobody needs any more, to be removed when the write is durable. */
export interface Leftovers {
  /** Digests of bytes, which other files may have, too. */
  unwanted: string[];
  /** Directories in which runs could have been resumed. */
  discarded: string[];
}

export interface DeletedJob extends Leftovers {
  /** How many files a task is to remove, in the same transaction to be begun; null where there is nothing left. */
  filesToRemove: number | null;
}

/** Deletes a job with its outputs and, when asked to, the inputs that no other job uses. */
export async function deleteJob(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, withInputs }: { jobId: string; withInputs: boolean },
): Promise<DeletedJob> {
  const job = await findJob(queries, actor, jobId);
  refuseUnderWay(job);
  await refuseWhileRestarting({ queries }, job.id);
  await refuseOutputsInUse({ queries }, job.id);
  const now = clock.now();
  await markDeleted(queries, job.id, now);
  const outputs = await countFilesOfJob(queries, job.id);
  const files = [...outputs.values()].reduce((sum, count) => sum + count, 0);
  const isHuge = files > LIMITS.filesDeletedAtOnce;
  const unwanted: string[] = [];
  if (isHuge) {
    // Gone for everybody from now on: the task that is begun has only to remove the rows and the bytes.
    for (const [ownerId, count] of outputs) {
      await addToFileCount(queries, ownerId, -count);
    }
  } else {
    await deleteUsage(queries, job.id);
    unwanted.push(...(await deleteOutputs(queries, job.id, now)));
  }
  const detail: Record<string, unknown> = { name: job.name };
  if (withInputs) {
    const ids = await findUnsharedInputs(queries, job);
    unwanted.push(...(await deleteFiles(queries, { ids }, now)));
    detail.inputFiles = ids.length;
  }
  const actorId = person(actor).userId;
  await recordEvent(queries, { at: now, actorId, subject: `job:${job.id}`, verb: 'deleted', detail });
  return {
    unwanted,
    discarded: await giveUpDirectories(queries, job.id),
    filesToRemove: isHuge ? files : null,
  };
}

function refuseUnderWay(job: JobWithOwner): void {
  if (job.status === null || job.is_completed) {
    return;
  }
  throw refused(`The job is under way (${job.status}) and cannot be deleted.`, {
    code: 'job_running',
    hint: 'Stop it first (POST jobs/{id}/stop/), and delete it when its status is Completed.',
  });
}
