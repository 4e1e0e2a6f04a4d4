import { deleteJob } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { deleteFiles, deleteOutputs } from '../../db/queries/files-delete.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { giveUpDirectories } from '../../db/queries/kept-directories.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { badRequest } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { collectDeleted } from '../files/collect-blobs.ts';
import type { JobsContext } from './context.ts';

/** Deletes a job with its outputs and, when asked to, the inputs that no other job uses. */
export const remove = (context: JobsContext) =>
  route(deleteJob, async (call) => {
    const { database, clock } = context;
    const { userId } = person(call.caller);
    const { unwanted, discarded } = await database.write(
      async (queries) => {
        const job = await findJob(queries, call.caller, call.params.jobId);
        refuseUnderWay(job);
        const now = clock.now();
        await queries.updateTable('jobs').set({ deleted_at: now }).where('id', '=', job.id).execute();
        const digests = await deleteOutputs(queries, job.id, now);
        const detail: Record<string, unknown> = { name: job.name };
        if (call.query.deleteInputFiles) {
          const inputs = await findInputsOfNoOtherJob(queries, job);
          digests.push(...(await deleteFiles(queries, { ids: inputs }, now)));
          detail.inputFiles = inputs.length;
        }
        await recordEvent(queries, {
          at: now,
          actorId: userId,
          subject: `job:${job.id}`,
          verb: 'deleted',
          detail,
        });
        return { unwanted: digests, discarded: await giveUpDirectories(queries, job.id) };
      },
      { mayUseReserve: true },
    );
    context.news.tell(call.params.jobId, 'status');
    context.onDiscarded(discarded);
    // The rows are gone durably; bytes that survive a crash here are found by the next start.
    await collectDeleted(context, unwanted);
  });

function refuseUnderWay(job: JobWithOwner): void {
  if (job.status === null || job.is_completed) return;
  throw badRequest(`The job is under way (${job.status}) and cannot be deleted.`, {
    code: 'job_running',
    hint: 'Stop it first (POST jobs/{id}/stop/), and delete it when its status is Completed.',
  });
}

/** Inputs of this job that belong to its owner and that no other living job takes. */
async function findInputsOfNoOtherJob(queries: Queries, job: JobWithOwner): Promise<string[]> {
  const rows = await queries
    .selectFrom('job_inputs')
    .innerJoin('files', 'files.id', 'job_inputs.file_id')
    .where('job_inputs.job_id', '=', job.id)
    .where('files.owner_id', '=', job.owner_id)
    .where('files.deleted_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('job_inputs as other')
            .innerJoin('jobs', 'jobs.id', 'other.job_id')
            .whereRef('other.file_id', '=', 'files.id')
            .where('other.job_id', '!=', job.id)
            .where('jobs.deleted_at', 'is', null)
            .select('other.job_id'),
        ),
      ),
    )
    .select('files.id')
    .distinct()
    .execute();
  return rows.map(({ id }) => id);
}
