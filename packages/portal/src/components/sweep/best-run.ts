import type { Job } from '@quarry/sdk';
import { outputs, type Sweep, type SweepColumn } from './sweep-table.ts';

export type Goal = 'minimize' | 'maximize';

export interface Best {
  row: number;
  value: number;
  /** Runs that ended in success and printed the output: those that it is the best of. */
  among: number;
  /** Whether the optimizer of the job chose it, which knows the constraints. */
  isOptimizers: boolean;
}

/** The output that the job is about: of its optimizer, else the first that it calls an objective, else the first. */
export function defaultOutput(
  job: Pick<Job, 'optimizer' | 'jobvariables'>,
  sweep: Sweep,
): SweepColumn | null {
  const printed = outputs(sweep);
  const named = [
    job.optimizer?.objective.name,
    ...job.jobvariables.filter(({ variableType }) => variableType === 'Objective').map(({ name }) => name),
  ];
  const wanted = printed.find(({ name }) => named.includes(name));
  return wanted ?? printed[0] ?? null;
}

/** What is better in an output; the optimizer of a job has decided that for its objective. */
export function goalOf(job: Pick<Job, 'optimizer'>, output: string, chosen: string | undefined): Goal {
  const objective = job.optimizer?.objective;
  if (objective && objective.name === output) {
    return objective.goal;
  }
  return chosen === 'maximize' ? 'maximize' : 'minimize';
}

/** The best run by an output among those that ended in success; null while there is none. */
export function bestRun(
  sweep: Sweep,
  output: SweepColumn,
  goal: Goal,
  job: Pick<Job, 'optimizer'>,
): Best | null {
  let row = -1;
  let among = 0;
  const sign = goal === 'minimize' ? 1 : -1;
  for (let each = 0; each < sweep.count; each++) {
    const value = output.values[each]!;
    if (sweep.states[each] !== 'succeeded' || Number.isNaN(value)) {
      continue;
    }
    among += 1;
    if (row === -1 || sign * value < sign * output.values[row]!) {
      row = each;
    }
  }
  if (job.optimizer?.objective.name === output.name) {
    // It may have constraints that the best value breaks.
    const chosen = sweep.optimalRow;
    return chosen === null ? null : { row: chosen, value: output.values[chosen]!, among, isOptimizers: true };
  }
  return row === -1 ? null : { row, value: output.values[row]!, among, isOptimizers: false };
}
