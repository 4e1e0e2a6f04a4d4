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
