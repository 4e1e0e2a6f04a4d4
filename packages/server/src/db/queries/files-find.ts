import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Queries } from '../database.ts';
import type { FileWithOwner } from './files-list.ts';

/** The living file with this id, whoever owns it. */
export function findFile(queries: Queries, fileId: string): Promise<FileWithOwner | undefined> {
  return queries
    .selectFrom('files')
    .innerJoin('users', 'users.id', 'files.owner_id')
    .where('files.id', '=', fileId)
    .where('files.deleted_at', 'is', null)
    .selectAll('files')
    .select('users.email as owner_email')
    .executeTakeFirst();
}

/** The living files with these ids, in no particular order. */
export function findFiles(queries: Queries, fileIds: readonly string[]): Promise<FileWithOwner[]> {
  return queries
    .selectFrom('files')
    .innerJoin('users', 'users.id', 'files.owner_id')
    .where('files.id', 'in', [...fileIds])
    .where('files.deleted_at', 'is', null)
    .selectAll('files')
    .select('users.email as owner_email')
    .execute();
}

/** Whether this is a file of the caller's, or for administrators anybody's, that has been deleted. */
export async function wasFileDeleted(queries: Queries, caller: Caller, fileId: string): Promise<boolean> {
  const file = await queries
    .selectFrom('files')
    .where('id', '=', fileId)
    .where('deleted_at', 'is not', null)
    .select('owner_id')
    .executeTakeFirst();
  return file !== undefined && (file.owner_id === person(caller).userId || seesEverything(caller));
}
