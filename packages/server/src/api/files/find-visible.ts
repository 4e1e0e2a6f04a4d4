import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Database } from '../../db/database.ts';
import { findFile } from '../../db/queries/files-find.ts';
import { isInputOf } from '../../db/queries/files-in-use.ts';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import { notFound } from '../../errors.ts';

/** The file, if this caller may know of it: their own, any for an admin, and inputs of its job for an agent. */
export async function findVisibleFile(
  database: Database,
  caller: Caller,
  fileId: string,
): Promise<FileWithOwner> {
  const file = await findFile(database.read, fileId);
  if (file === undefined) throw notFound();
  const visible =
    caller.kind === 'agent'
      ? await isInputOf(database.read, fileId, caller.jobId)
      : file.owner_id === person(caller).userId || seesEverything(caller);
  if (!visible) throw notFound();
  return file;
}
