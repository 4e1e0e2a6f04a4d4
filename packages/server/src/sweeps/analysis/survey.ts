import { LIMITS } from '../../limits.ts';
import { numberOf } from './number-of.ts';
import type { SweepRun } from './sweep-run.ts';

/** Reads the runs anew, in order, some at a time. */
export type ReadRuns = () => AsyncIterable<SweepRun[]>;

/** What the runs of a sweep have in common, as of one reading. */
export interface Survey {
  /** In the order of a run's `inputs`; numeric where all values are numbers. */
  inputs: Array<{ name: string; isNumeric: boolean }>;
  /** By name, in the order in which the runs first print them: the place, and how many runs that succeeded have it. */
  outputs: ReadonlyMap<string, { place: number; runs: number }>;
  /** Whether there are more outputs than a table may have. */
  isCut: boolean;
  /** By the number of the run: whether it had ended; undefined where there is no such run. */
  ended: readonly (boolean | undefined)[];
  runs: number;
  endedRuns: number;
}

/** Looks at all runs once; `inputs` are the names of the input variables. */
export async function surveyRuns(readRuns: ReadRuns, inputs: readonly string[]): Promise<Survey> {
  const hasNumbers = inputs.map(() => false);
  const hasTexts = inputs.map(() => false);
  const outputs = new Map<string, { place: number; runs: number }>();
  const ended: boolean[] = [];
  let [isCut, runs, endedRuns] = [false, 0, 0];
  for await (const rows of readRuns()) {
    for (const row of rows) {
      runs += 1;
      ended[row.number] = row.outcome !== null;
      if (row.outcome !== null) {
        endedRuns += 1;
      }
      for (const [index, text] of inputsOf(row).entries()) {
        if (hasTexts[index] !== false) {
          continue;
        }
        if (numberOf(text) === null) {
          hasTexts[index] = true;
        } else {
          hasNumbers[index] = true;
        }
      }
      for (const name of new Set(outputsOf(row).map(([name]) => name))) {
        const known = outputs.get(name);
        const runs = row.outcome === 'success' ? 1 : 0;
        if (known) {
          known.runs += runs;
        } else if (outputs.size < LIMITS.resultOutputs) {
          outputs.set(name, { place: outputs.size, runs });
        } else {
          isCut = true;
        }
      }
    }
  }
  return {
    inputs: inputs.map((name, index) => ({ name, isNumeric: hasNumbers[index]! && !hasTexts[index]! })),
    outputs,
    isCut,
    ended,
    runs,
    endedRuns,
  };
}

export function inputsOf(row: SweepRun): string[] {
  return JSON.parse(row.inputs) as string[];
}

export function outputsOf(row: SweepRun): [name: string, value: number][] {
  return JSON.parse(row.results) as [string, number][];
}
