import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Queries } from '../../db/database.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import { NOT_BEGUN } from './attempts.ts';

/** Bound by what one statement may bind; the same statement is prepared once. */
const ROWS_PER_STATEMENT = 500;

/** Writes the runs of a plan, numbered as it says, else from `first`. */
export async function insertRuns(
  queries: Queries,
  jobId: string,
  plan: Pick<SweepPlan, 'count' | 'values' | 'numbers'>,
  { first = 1, ...columns }: { first?: number; type?: number; parent?: number; batch?: number } = {},
): Promise<void> {
  for (let start = 0; start < plan.count; start += ROWS_PER_STATEMENT) {
    const length = Math.min(ROWS_PER_STATEMENT, plan.count - start);
    const rows = Array.from({ length }, (_, offset) => ({
      ...NOT_BEGUN,
      ...columns,
      job_id: jobId,
      number: plan.numbers?.[start + offset] ?? first + start + offset,
      inputs: JSON.stringify(plan.values(start + offset)),
    }));
    await queries.insertInto('runs').values(rows).execute();
    if (start + length < plan.count) {
      await letOthersRun();
    }
  }
}
