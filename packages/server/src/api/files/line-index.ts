import { getLineIndex, type LineIndex } from '@quarry/contract';
import { openBytes } from '../../files/open-bytes.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';

export const lineIndex = (context: FilesContext) =>
  route(getLineIndex, async ({ caller, params, query }): Promise<LineIndex> => {
    const file = await findVisibleFile(context.database.read, caller, params.fileId);
    return await context.lineIndexes.of(file.sha512, query.every, () => openBytes(context, file));
  });
