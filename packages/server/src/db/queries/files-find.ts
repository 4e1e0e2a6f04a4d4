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
