import { findInFile, type MatchesInFile } from '@quarry/contract';
import { openBytes } from '../../files/open-bytes.ts';
import { searchFile } from '../../files/search/search-file.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';

export const find = (context: FilesContext) =>
  route(findInFile, async ({ caller, params, query, signal }): Promise<MatchesInFile> => {
    const file = await findVisibleFile(context.database.read, caller, params.fileId);
    const reader = await openBytes(context, file);
    try {
      return await searchFile(reader, query, signal);
    } finally {
      await reader.close();
    }
  });
