import { type Caller, person } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { deleteFiles } from '../db/queries/files-delete.ts';
import { findJobsUnderWay } from '../db/queries/files-in-use.ts';
import { recordFiles } from '../db/queries/record-files.ts';
import { type Problem, refused } from '../problems.ts';
import { findVisibleFile } from './visibility.ts';

/**
 * Deletes a file; answers the digests whose bytes may be unwanted now. Inputs of jobs that are saved or have ended may be deleted;
 * those of a job under way may not, because its runs may still be about to read them.
 */
export async function deleteFile(
  { database, clock }: { database: Database; clock: Clock },
  actor: Caller,
  fileId: string,
): Promise<string[]> {
  const file = await findVisibleFile(database.read, actor, fileId);
  return database.write(
    async (queries) => {
      const jobs = await findJobsUnderWay(queries, file.id);
      if (jobs.length > 0) {
        throw inUse(file.name, jobs);
      }
      const at = clock.now();
      const unwanted = await deleteFiles(queries, { ids: [file.id] }, at);
      // Another request may have been first.
      if (unwanted.length > 0) {
        const event = { at, actorId: person(actor).userId, verb: 'deleted' as const };
        await recordFiles(queries, event, [file]);
      }
      return unwanted;
    },
    { mayUseReserve: true },
  );
}

function inUse(name: string, jobs: string[]): Problem {
  return refused(
    `The file "${name}" is an input of a job under way (${jobs.join(', ')}) and cannot be deleted.`,
    {
      code: 'file_in_use',
      hint: 'Wait until the job is completed, or stop it, and delete the file then.',
    },
  );
}
