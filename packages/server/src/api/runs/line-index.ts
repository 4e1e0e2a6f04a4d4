import { getRunLineIndex, type LineIndex } from '@quarry/contract';
import { indexLines } from '../../files/line-index.ts';
import { route } from '../../http/route.ts';
import { openRunFile } from '../../run-files/find.ts';
import type { JobsContext } from '../jobs/context.ts';

export const lineIndex = (context: JobsContext) =>
  route(getRunLineIndex, async ({ caller, params, query, signal }): Promise<LineIndex> => {
    const { '*': path, ...which } = params;
    const { file, stored } = await openRunFile(context.files, { caller, ...which }, path, signal);
    if (stored !== null) {
      try {
        return await context.lineIndexes.of(stored.sha512, query.every, async () => ({ ...stored, close }));
      } finally {
        await stored.close();
      }
    }
    try {
      const { sizeBytes } = await file.look();
      const read = (into: Uint8Array, position: number) => file.read(into, position);
      return await indexLines({ sizeBytes, read }, query.every, signal);
    } finally {
      await file.close();
    }
  });

/** Whoever has opened it closes it. */
async function close(): Promise<void> {}
