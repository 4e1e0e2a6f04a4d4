import { isConstant, meanOf, squaresAround } from './statistics.ts';
import { twoSidedP } from './student-t.ts';

export interface Correlation {
  /** From -1 to 1; null where either side does not vary. */
  coefficient: number | null;
  /** The probability of a coefficient at least as large by chance, by Student's t; null for fewer than 3 pairs. */
  pValue: number | null;
}

/** Pearson's coefficient of correlation of pairs. */
export function pearson(x: Float64Array, y: Float64Array): Correlation {
  if (x.length < 2 || isConstant(x) || isConstant(y)) {
    return { coefficient: null, pValue: null };
  }
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  let products = 0;
  for (let at = 0; at < x.length; at++) {
    products += (x[at]! - meanX) * (y[at]! - meanY);
  }
  const quotient = products / Math.sqrt(squaresAround(x, meanX)) / Math.sqrt(squaresAround(y, meanY));
  // What rounding alone keeps from 1 is 1: its probability would be that of the rounding.
  const coefficient = Math.abs(quotient) > 1 - 1e-14 ? Math.sign(quotient) : quotient;
  const degrees = x.length - 2;
  if (degrees < 1) {
    return { coefficient, pValue: null };
  }
  const t = coefficient * Math.sqrt(degrees / ((1 - coefficient) * (1 + coefficient)));
  return { coefficient, pValue: twoSidedP(t, degrees) };
}

/** Spearman's coefficient: Pearson's of the ranks. */
export function spearman(x: Float64Array, y: Float64Array): Correlation {
  return pearson(ranksOf(x), ranksOf(y));
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function ranksOf(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, index) => index).sort(
    (one, other) => values[one]! - values[other]!,
  );
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) {
      end++;
    }
    for (let at = start; at < end; at++) {
      ranks[order[at]!] = (start + 1 + end) / 2;
    }
    start = end;
  }
  return ranks;
}
