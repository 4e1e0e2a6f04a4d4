import type { Queries } from '../../db/database.ts';
import { readSweepRuns } from '../../db/queries/find-sweep-table.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import { readSweepTable, type SweepTable } from '../../sweeps/analysis/table.ts';
import { inputNames } from '../../sweeps/variables.ts';

/** The runs of a job as a table; of `numbers` alone, to be put into a table in which these inputs are `numeric`. */
export function tableOfJob(
  read: Queries,
  jobId: string,
  definition: StoredDefinition,
  only?: { numbers: readonly number[]; numeric: readonly boolean[] },
): Promise<SweepTable> {
  return readSweepTable(() => readSweepRuns(read, jobId, only?.numbers), {
    inputs: inputNames(definition),
    hasOptimum: definition.optimizer !== null,
    ...(only && { numeric: only.numeric }),
  });
}
