import { type FileObject, updateFile } from '@quarry/contract';
import * as files from '../../db/queries/files-update.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';
import { fileToWire } from './to-wire.ts';

/** Renames a file or changes its type. */
export const update = ({ database }: FilesContext) =>
  route(updateFile, async (call): Promise<FileObject> => {
    const file = await findVisibleFile(database.read, call.caller, call.params.fileId);
    const { name, typeId, currentFolderId } = call.body;
    if (currentFolderId !== undefined && currentFolderId !== null) {
      call.warn('This platform has no folders: the file stays where it is.');
    }
    const changed = await database.write((queries) => files.updateFile(queries, file, { name, typeId }));
    return fileToWire({ ...file, ...changed }, { baseUrl: call.baseUrl, version: call.version });
  });
