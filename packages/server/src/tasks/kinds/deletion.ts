import { setImmediate as letOthersRun } from 'node:timers/promises';
import { countFilesOfJob, removeSomeFiles, removeSomeUsage } from '../../db/queries/files-removed.ts';
import { collectAll } from '../../files/lifetime.ts';
import type { KindOfTask, TaskParts } from '../kind.ts';

/** So many rows, and the bytes of so many files, between which others are served. */
const AT_ONCE = 1000;

/** The files of a job that is gone for everybody already, with their bytes. What has been removed before a restart is removed. */
export function deletionKind(parts: TaskParts): KindOfTask<'deletion'> {
  const { database, clock } = parts;
  return {
    unit: 'files',
    isPromised: true,
    async run({ task, wish: { files }, signal, tell }) {
      const jobId = task.subject_id;
      const write = <Result>(work: Parameters<typeof database.write<Result>>[0]) =>
        database.write(work, { mayUseReserve: true });
      const there = await countFilesOfJob(database.read, jobId);
      let left = [...there.values()].reduce((sum, count) => sum + count, 0);
      tell({ done: files - left, of: files });
      for (let removed = AT_ONCE; removed === AT_ONCE; ) {
        signal.throwIfAborted();
        const digests = await write((queries) =>
          removeSomeFiles(queries, jobId, { now: clock.now(), most: AT_ONCE }),
        );
        removed = digests.length;
        left -= removed;
        tell({ done: files - left, of: files });
        // Those that are left by a crash here are found by the next start.
        await collectAll(parts, digests);
      }
      for (let removed = AT_ONCE; removed === AT_ONCE; await letOthersRun()) {
        signal.throwIfAborted();
        removed = await write((queries) => removeSomeUsage(queries, jobId, AT_ONCE));
      }
      tell({ done: files, of: files });
      return { write: async () => ({ files }) };
    },
  };
}
