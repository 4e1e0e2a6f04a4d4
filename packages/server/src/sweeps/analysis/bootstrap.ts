import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { sampleDeviation, Z_95 } from './statistics.ts';

/** How often the figures of a method are drawn anew; the numbers of SALib. */
export const RESAMPLES = { sobol: 100, morris: 1000 } as const;

/** Fixed, so that the same runs give the same answer. */
const SEED = 1979;

/**
 * Half the width of 95 % confidence intervals by the bootstrap (B. Efron, Annals of Statistics 7, 1979): `estimate`
 * writes its figures for a resample, given as indices of which each is from 0 to `count` - 1. Normal approximation.
 */
export function bootstrapHalfWidths(
  count: number,
  options: { resamples: number; figures: number },
  estimate: (indices: Int32Array, into: Float64Array) => void,
): Float64Array {
  const { resamples, figures } = options;
  const generator = xoroshiro128plus(SEED);
  const indices = new Int32Array(count);
  const found = Array.from({ length: figures }, () => new Float64Array(resamples));
  const into = new Float64Array(figures);
  for (let resample = 0; resample < resamples; resample++) {
    for (let at = 0; at < count; at++) {
      indices[at] = uniformInt(generator, 0, count - 1);
    }
    estimate(indices, into);
    for (let figure = 0; figure < figures; figure++) {
      found[figure]![resample] = into[figure]!;
    }
  }
  return Float64Array.from(found, (estimates) => Z_95 * sampleDeviation(estimates));
}
