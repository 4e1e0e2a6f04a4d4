import { deleteFiles } from '@quarry/contract';
import { wasFileDeleted } from '../../db/queries/files-find.ts';
import { deleteFile } from '../../files/delete-file.ts';
import { collectDeleted } from '../../files/lifetime.ts';
import { route } from '../../http/route.ts';
import { oneByOne } from '../../one-by-one.ts';
import type { FilesContext } from './context.ts';

/** Deletes each file by itself, as if it were deleted alone. */
export const deleteMany = (context: FilesContext) =>
  route(deleteFiles, async ({ caller, body }) => {
    const unwanted: string[] = [];
    const { done, refused } = await oneByOne(body.files, async (fileId) => {
      if (await wasFileDeleted(context.database.read, caller, fileId)) {
        return false;
      }
      unwanted.push(...(await deleteFile(context, caller, fileId)));
      return true;
    }).finally(() => collectDeleted(context, unwanted));
    return {
      deleted: [...done].filter(([, isDeleted]) => isDeleted).map(([id]) => id),
      unchanged: [...done].filter(([, isDeleted]) => !isDeleted).map(([id]) => id),
      refused,
    };
  });
