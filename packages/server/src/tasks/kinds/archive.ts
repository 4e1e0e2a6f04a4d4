import { FILE_TYPE } from '@quarry/contract';
import { readFilesOfJob, sumFilesOfJob } from '../../db/queries/files-of-job.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { archiveOf, entriesOfJob } from '../../files/archive.ts';
import { LIMITS } from '../../limits.ts';
import { addFile } from '../add-file.ts';
import type { KindOfTask, TaskParts } from '../kind.ts';

/** The outputs of a job as one file of whoever wants them. */
export function archiveKind(parts: TaskParts): KindOfTask<'archive'> {
  const { database, storage } = parts;
  return {
    unit: 'bytes',
    async run({ task, wish, caller, signal, tell }) {
      const { read } = database;
      const { format, run, search } = wish;
      const job = await findJob(read, caller, task.subject_id);
      const runNumber = run === undefined ? undefined : (await findRun(read, job.id, String(run))).number;
      const filter = { jobId: job.id, runNumber, search, typeId: FILE_TYPE.output };
      const total = await sumFilesOfJob(read, filter);
      tell({ done: 0, of: total.bytes });
      const folder = `job_${job.id}`;
      let fileCount = 0;
      async function* entries() {
        for await (const entry of entriesOfJob(folder, readFilesOfJob(read, filter))) {
          fileCount += 1;
          yield entry;
        }
      }
      let written = 0;
      async function* counted(bytes: AsyncIterable<Uint8Array>) {
        for await (const piece of bytes) {
          written += piece.byteLength;
          // The names and the table in it are not counted.
          tell({ done: Math.min(written, total.bytes), of: total.bytes });
          yield piece;
        }
      }
      const archive = archiveOf(parts, format, entries());
      const held = await storage
        .receive(counted(archive), {
          signal,
          expectedBytes: total.bytes,
          maxBytes: LIMITS.uploadBytes,
        })
        // What was refused before it was read has a file open already.
        .finally(() => archive.destroy());
      tell({ done: total.bytes, of: total.bytes });
      return {
        held: [held],
        async write(queries, callerNow) {
          await findJob(queries, callerNow, job.id);
          const file = await addFile({ ...parts, queries }, task.owner_id, `${folder}.${format}`, held);
          return { ...file, fileCount };
        },
      };
    },
  };
}
