import type { Job, Run } from '@quarry/sdk';
import { resultColumn } from './run-view.ts';

/** A variable of the runs of a job, as a column of their table. */
export interface RunVariable {
  name: string;
  /** The column of the results that orders and bounds name. */
  column: string;
  isInput: boolean;
  isNumber: boolean;
}

const PRINTED: ReadonlySet<string> = new Set(['Output', 'Objective', 'Constraint']);

/** What these runs were given, then what they have printed, each in the order in which it is met first. */
export function variablesOf(job: Pick<Job, 'jobvariables'>, runs: readonly Run[]): RunVariable[] {
  const inputs = new Set(
    job.jobvariables.filter(({ variableType }) => !PRINTED.has(variableType)).map(({ name }) => name),
  );
  const found = new Map<string, RunVariable>();
  for (const { variables } of runs) {
    for (const { name, value } of variables) {
      const known = found.get(name);
      if (known === undefined) {
        const isInput = inputs.has(name);
        found.set(name, { name, column: resultColumn(name, isInput), isInput, isNumber: value !== null });
      } else if (value === null) {
        known.isNumber = false;
      }
    }
  }
  const all = [...found.values()];
  return [...all.filter(({ isInput }) => isInput), ...all.filter(({ isInput }) => !isInput)];
}
