import { deleteFile as endpoint } from '@quarry/contract';
import { deleteFile } from '../../files/delete-file.ts';
import { collectDeleted } from '../../files/lifetime.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';

/** Deletes a file; its bytes go when no other file has the same. */
export const remove = (context: FilesContext) =>
  route(endpoint, async (call): Promise<void> => {
    await collectDeleted(context, await deleteFile(context, call.caller, call.params.fileId));
  });
