import { deleteFile } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { deleteFiles } from '../../db/queries/files-delete.ts';
import { findJobsUnderWay } from '../../db/queries/files-in-use.ts';
import { recordFiles } from '../../db/queries/record-files.ts';
import { collectDeleted } from '../../files/lifetime.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import { refused } from '../../problems.ts';
import type { FilesContext } from './context.ts';

/**
 * Deletes a file; its bytes go when no other file has the same. Inputs of jobs that are saved or have ended may
 * be deleted; those of a job under way may not, because its runs may still be about to read them.
 */
export const remove = (context: FilesContext) =>
  route(deleteFile, async (call): Promise<void> => {
    const { database, clock } = context;
    const file = await findVisibleFile(database.read, call.caller, call.params.fileId);
    const digests = await database.write(
      async (queries) => {
        const jobs = await findJobsUnderWay(queries, file.id);
        if (jobs.length > 0) {
          throw inUse(file.name, jobs);
        }
        const at = clock.now();
        const unwanted = await deleteFiles(queries, { ids: [file.id] }, at);
        // Another request may have been first.
        if (unwanted.length > 0) {
          const event = { at, actorId: person(call.caller).userId, verb: 'deleted' as const };
          await recordFiles(queries, event, [file]);
        }
        return unwanted;
      },
      { mayUseReserve: true },
    );
    await collectDeleted(context, digests);
  });

function inUse(name: string, jobs: string[]) {
  return refused(
    `The file "${name}" is an input of a job under way (${jobs.join(', ')}) and cannot be deleted.`,
    {
      code: 'file_in_use',
      hint: 'Wait until the job is completed, or stop it, and delete the file then.',
    },
  );
}
