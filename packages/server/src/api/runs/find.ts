import { findInRunFile, type MatchesInFile } from '@quarry/contract';
import { searchFile } from '../../files/search/search-file.ts';
import { route } from '../../http/route.ts';
import { openRunFile } from '../../run-files/find.ts';
import type { JobsContext } from '../jobs/context.ts';

export const find = (context: JobsContext) =>
  route(findInRunFile, async ({ caller, params, query, signal }): Promise<MatchesInFile> => {
    const { '*': path, ...which } = params;
    const { file } = await openRunFile(context.files, { caller, ...which }, path, signal);
    try {
      const { sizeBytes } = await file.look();
      const read = (into: Uint8Array, position: number) => file.read(into, position);
      return await searchFile({ sizeBytes, read }, query, signal);
    } finally {
      await file.close();
    }
  });
