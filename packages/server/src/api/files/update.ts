import type { FileObject, updateFile } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import * as files from '../../db/queries/files-update.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import type { Call } from '../../http/route.ts';
import type { FilesContext } from './context.ts';
import { findVisibleFile } from './find-visible.ts';
import { fileToWire } from './to-wire.ts';

/** Renames a file or changes its type. */
export async function update(
  { database, clock }: FilesContext,
  call: Call<typeof updateFile>,
): Promise<FileObject> {
  const file = await findVisibleFile(database, call.caller, call.params.fileId);
  const { name, typeId, currentFolderId } = call.body;
  if (currentFolderId !== undefined && currentFolderId !== null) {
    call.warn('This platform has no folders: the file stays where it is.');
  }
  const changes = { name, typeId };
  const changed = await database.write(async (queries) => {
    await recordEvent(queries, {
      at: clock.now(),
      actorId: person(call.caller).userId,
      subject: `file:${file.id}`,
      verb: 'changed',
      detail: {
        fields: Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : field)),
      },
    });
    return files.updateFile(queries, file, changes);
  });
  return fileToWire({ ...file, ...changed }, { baseUrl: call.baseUrl, version: call.version });
}
