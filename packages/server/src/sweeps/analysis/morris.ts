/**
 * Elementary effects: M. Morris, Technometrics 33 (1991) 161; the mean of absolute effects: F. Campolongo, J. Cariboni
 * and A. Saltelli, Environmental Modelling & Software 22 (2007) 1509.
 */
import { bootstrapHalfWidths, RESAMPLES } from './bootstrap.ts';
import { meanOf, sampleDeviation } from './statistics.ts';

/** One input changed between two runs that have the output. */
export interface Step {
  input: number;
  /** Of the input, as a share of its range; not 0. */
  by: number;
  /** Of the output. */
  change: number;
}

export interface MorrisMeasures {
  effects: number;
  mu: number | null;
  muStar: number | null;
  /** Half the width of the 95 % interval of `muStar`. */
  muStarHalfWidth: number | null;
  sigma: number | null;
}

/** Measures of every input, in the unit of the output per whole range of the input. */
export function morrisMeasures(steps: readonly Step[], inputs: number): MorrisMeasures[] {
  const effects = Array.from({ length: inputs }, (): number[] => []);
  for (const { input, by, change } of steps) {
    effects[input]!.push(change / by);
  }
  return effects.map((found) => {
    if (found.length === 0) {
      return { effects: 0, mu: null, muStar: null, muStarHalfWidth: null, sigma: null };
    }
    const values = Float64Array.from(found);
    const absolute = values.map(Math.abs);
    const isEnough = values.length > 1;
    const [halfWidth] = bootstrapHalfWidths(
      values.length,
      { resamples: RESAMPLES.morris, figures: 1 },
      (indices, into) => {
        let sum = 0;
        for (const at of indices) {
          sum += absolute[at]!;
        }
        into[0] = sum / indices.length;
      },
    );
    return {
      effects: values.length,
      mu: meanOf(values),
      muStar: meanOf(absolute),
      muStarHalfWidth: isEnough ? halfWidth! : null,
      sigma: isEnough ? sampleDeviation(values) : null,
    };
  });
}
