import { type FileObject, updateFile } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import * as files from '../../db/queries/files-update.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';
import { fileToWire } from './to-wire.ts';

/** Renames a file or changes its type. */
export const update = ({ database, clock }: FilesContext) =>
  route(updateFile, async (call): Promise<FileObject> => {
    const file = await findVisibleFile(database.read, call.caller, call.params.fileId);
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
  });
