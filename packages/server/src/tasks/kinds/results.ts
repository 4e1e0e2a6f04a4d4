import { findJob } from '../../db/queries/find-job.ts';
import { readSweepRuns } from '../../db/queries/find-sweep-table.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import { LIMITS } from '../../limits.ts';
import { RESULT_WRITERS } from '../../sweeps/analysis/result-formats.ts';
import { readSweepTable } from '../../sweeps/analysis/table.ts';
import { inputNames } from '../../sweeps/variables.ts';
import { addFile } from '../add-file.ts';
import type { KindOfTask, TaskParts } from '../kind.ts';

/** The table of a sweep as a file of whoever wants it. */
export function resultsKind(parts: TaskParts): KindOfTask<'results'> {
  const { database, storage } = parts;
  return {
    unit: 'runs',
    async run({ task, wish: { format }, caller, signal, tell }) {
      const { read } = database;
      const job = await findJob(read, caller, task.subject_id);
      const definition = readDefinition(job.definition);
      let runs: number | null = null;
      let done = 0;
      // Once to learn which columns there are, and once to write them.
      async function* readRuns() {
        done = 0;
        for await (const rows of readSweepRuns(read, job.id)) {
          signal.throwIfAborted();
          yield rows;
          done += rows.length;
          tell({ done: runs === null ? 0 : done, of: runs });
        }
      }
      const table = await readSweepTable(readRuns, {
        inputs: inputNames(definition),
        hasOptimum: definition.optimizer !== null,
      });
      runs = done;
      async function* bytes() {
        for await (const piece of RESULT_WRITERS[format](table)) {
          yield typeof piece === 'string' ? Buffer.from(piece) : piece;
        }
      }
      const held = await storage.receive(bytes(), { signal, maxBytes: LIMITS.uploadBytes });
      tell({ done: runs, of: runs });
      return {
        held: [held],
        async write(queries, callerNow) {
          await findJob(queries, callerNow, job.id);
          const name = `${job.id}-results.${format}`;
          return { ...(await addFile({ ...parts, queries }, task.owner_id, name, held)), runs };
        },
      };
    },
  };
}
