import type { Queries } from '../database.ts';
import type { FileRow } from '../tables.ts';
import { searchText } from './files-insert.ts';

/** Renames a file or changes its type. The relative path of an output stays: that is where the run left it. */
export async function updateFile(
  queries: Queries,
  file: FileRow,
  changes: { name?: string; typeId?: number },
): Promise<Partial<FileRow>> {
  const { name = file.name, typeId = file.type_id } = changes;
  const relativePath = file.job_id === null ? name : file.relative_path;
  const changed = {
    name,
    type_id: typeId,
    relative_path: relativePath,
    search_text: searchText(name, relativePath),
  };
  await queries.updateTable('files').set(changed).where('id', '=', file.id).execute();
  return changed;
}
