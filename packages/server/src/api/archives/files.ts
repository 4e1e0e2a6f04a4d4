import { downloadFilesArchive, MAX_ARCHIVED_FILES } from '@quarry/contract';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import { type ArchiveEntry, safeEntryPath } from '../../files/archive.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import { invalidFields } from '../../problems.ts';
import { archiveAnswer } from './answer.ts';
import type { ArchivesContext } from './context.ts';

export const filesArchive = (context: ArchivesContext) =>
  route(downloadFilesArchive, async (call) => {
    const ids = [...new Set(call.query.ids.split(',').filter((id) => id !== ''))];
    if (ids.length === 0 || ids.length > MAX_ARCHIVED_FILES) {
      throw invalidFields({ ids: [`Name 1 to ${MAX_ARCHIVED_FILES} files, with commas between them.`] });
    }
    const files: FileWithOwner[] = [];
    for (const id of ids) {
      files.push(await findVisibleFile(context.database.read, call.caller, id));
    }
    const { format } = call.query;
    return archiveAnswer(context, { method: call.method, format, name: 'files' }, entriesOf(files));
  });

/** Each under its name; where that is taken, also by a name that differs in case only, `.2` and so on follows it. */
async function* entriesOf(files: readonly FileWithOwner[]): AsyncGenerator<ArchiveEntry> {
  const taken = new Set<string>();
  for (const file of files) {
    const name = safeEntryPath(file.name) || file.id;
    let path = name;
    for (let copy = 2; taken.has(path.toLowerCase()); copy++) {
      path = `${name}.${copy}`;
    }
    taken.add(path.toLowerCase());
    yield { path: `files/${path}`, file };
  }
}
