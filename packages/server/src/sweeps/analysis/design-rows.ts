/** Which rows of a sweep form the design that an analysis needs; found in the values, and checked against them. */
import type { ValueGeneratorType } from '@quarry/contract';
import { ImpossibleError } from './impossible.ts';
import type { Step } from './morris.ts';
import type { Sample } from './sample.ts';
import type { SaltelliOutputs } from './sobol.ts';

export interface DesignInputs {
  generator: ValueGeneratorType;
  /** Places in `Sample.inputs` of the variables that form the design together. */
  members: readonly number[];
  /** Whether the job has a nominal run, which is its last one. */
  hasNominalRun: boolean;
}

/**
 * The outputs of a Saltelli design, whose rows are for each base sample: A; A with one input from B, for each input;
 * for a design of second order B with one input from A, for each input; B (A. Saltelli, Computer Physics
 * Communications 145 (2002) 280).
 */
export function saltelliOutputs(sample: Sample, design: DesignInputs): SaltelliOutputs {
  const rows = rowsOfDesign(sample, design);
  const columns = design.members.map((member) => sample.inputs[member]!.values);
  const inputs = columns.length;
  const layout = [false, true].find((secondOrder) => isSaltelli(columns, rows, secondOrder));
  if (layout === undefined) {
    throw notLaidOut('Saltelli');
  }
  const stride = strideOf(inputs, layout);
  const pick = (offset: number) =>
    Float64Array.from({ length: rows / stride }, (_, base) => sample.output[base * stride + offset]!);
  const block = (start: number) => columns.map((_, input) => pick(start + input));
  return {
    a: pick(0),
    ab: block(1),
    ba: layout ? block(1 + inputs) : null,
    b: pick(stride - 1),
  };
}

function strideOf(inputs: number, secondOrder: boolean): number {
  return (secondOrder ? 2 * inputs : inputs) + 2;
}

function isSaltelli(columns: readonly Float64Array[], rows: number, secondOrder: boolean): boolean {
  const inputs = columns.length;
  const stride = strideOf(inputs, secondOrder);
  if (rows === 0 || rows % stride !== 0) {
    return false;
  }
  for (let a = 0; a < rows; a += stride) {
    const b = a + stride - 1;
    for (let swapped = 0; swapped < inputs; swapped++) {
      for (const [input, values] of columns.entries()) {
        const [own, other] = input === swapped ? [values[b], values[a]] : [values[a], values[b]];
        if (values[a + 1 + swapped] !== own) {
          return false;
        }
        if (secondOrder && values[a + 1 + inputs + swapped] !== other) {
          return false;
        }
      }
    }
  }
  return true;
}

/**
 * The steps of a Morris design, whose rows are trajectories: each row differs from the one before in one input, and
 * after as many steps as inputs a new trajectory begins. Steps with a missing output at either end are left out.
 * `delta` is the length of a step as a share of the range of its input.
 */
export function morrisSteps(
  sample: Sample,
  design: DesignInputs,
  delta: number,
): { steps: Step[]; runs: number; trajectories: number } {
  const rows = rowsOfDesign(sample, design);
  const columns = design.members.map((member) => sample.inputs[member]!.values);
  const length = columns.length + 1;
  if (rows === 0 || rows % length !== 0) {
    throw notLaidOut('Morris');
  }
  const steps: Step[] = [];
  const used = new Set<number>();
  for (let start = 0; start < rows; start += length) {
    const seen = new Set<number>();
    for (let row = start + 1; row < start + length; row++) {
      const changed = columns.flatMap((values, input) => (values[row] === values[row - 1] ? [] : [input]));
      const [input] = changed;
      if (changed.length !== 1 || seen.has(input!)) {
        throw notLaidOut('Morris');
      }
      seen.add(input!);
      const change = sample.output[row]! - sample.output[row - 1]!;
      if (Number.isNaN(change)) {
        continue;
      }
      const values = columns[input!]!;
      steps.push({ input: input!, by: values[row]! > values[row - 1]! ? delta : -delta, change });
      used.add(row).add(row - 1);
    }
  }
  return { steps, runs: used.size, trajectories: rows / length };
}

/** How many of the first rows are the design; refuses when it is there more than once. */
function rowsOfDesign(sample: Sample, { generator, members, hasNominalRun }: DesignInputs): number {
  const rows = Math.max(0, sample.output.length - (hasNominalRun ? 1 : 0));
  const varying = sample.inputs.filter(({ values }, input) => {
    if (members.includes(input)) {
      return false;
    }
    for (let row = 1; row < rows; row++) {
      if (values[row] !== values[0]) {
        return true;
      }
    }
    return false;
  });
  if (varying.length === 0) {
    return rows;
  }
  const names = varying.map(({ name }) => name).join(', ');
  throw new ImpossibleError(
    `The ${generator} design is repeated for every value of ${names}: there is more than one analysis in this sweep.`,
    {
      code: 'design_repeated',
      hint: `Ask for the method rank-correlation, which takes any runs, or submit a sweep for each value of ${names}.`,
    },
  );
}

function notLaidOut(generator: string): ImpossibleError {
  return new ImpossibleError(`The runs of this sweep are not those of one ${generator} design.`, {
    code: 'wrong_design',
    hint: 'Ask for the method rank-correlation, which takes any runs.',
  });
}
