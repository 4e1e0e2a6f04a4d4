import { numberOf } from './number-of.ts';
import { inputsOf, outputsOf, type ReadRuns, type Survey } from './survey.ts';

/** The numbers of a sweep that analyses work on: a place for each run, in order. */
export interface Sample {
  inputs: SampleInput[];
  /** NaN for a run that has not ended in success, or did not print this output. */
  output: Float64Array;
}

export interface SampleInput {
  name: string;
  isNumeric: boolean;
  /** Of an input that is not numeric: the same number for the same text. */
  values: Float64Array;
}

/** Reads one output and all inputs of the runs of a survey. */
export async function readSample(readRuns: ReadRuns, survey: Survey, output: string): Promise<Sample> {
  const sample: Sample = {
    inputs: survey.inputs.map((input) => ({
      ...input,
      values: unknowns(survey.runs),
    })),
    output: unknowns(survey.runs),
  };
  const codes = survey.inputs.map(() => new Map<string, number>());
  const codeOf = (input: number, text: string) => {
    const known = codes[input]!;
    if (!known.has(text)) {
      known.set(text, known.size);
    }
    return known.get(text)!;
  };
  let place = 0;
  for await (const rows of readRuns()) {
    for (const row of rows) {
      if (survey.ended[row.number] === undefined) {
        continue;
      }
      for (const [index, text] of inputsOf(row).entries()) {
        const input = sample.inputs[index];
        if (input) {
          input.values[place] = input.isNumeric ? numberOf(text)! : codeOf(index, text);
        }
      }
      if (row.outcome === 'success') {
        for (const [name, value] of outputsOf(row)) {
          if (name === output) {
            sample.output[place] = value;
          }
        }
      }
      place += 1;
    }
  }
  return sample;
}

/** In memory that threads share, so that nothing is copied when one of them does the work. */
function unknowns(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT)).fill(Number.NaN);
}
