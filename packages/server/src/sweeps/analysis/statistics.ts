/** Half the width of a 95 % interval in standard deviations of a normal distribution. */
export const Z_95 = 1.959963984540054;

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) {
    sum += value;
  }
  return sum / values.length;
}

/** Sum of squared differences from the mean. */
export function squaresAround(values: Float64Array, mean: number): number {
  let sum = 0;
  for (const value of values) {
    sum += (value - mean) ** 2;
  }
  return sum;
}

/** Standard deviation of a sample, with n - 1; NaN for fewer than two values. */
export function sampleDeviation(values: Float64Array): number {
  if (values.length < 2) {
    return Number.NaN;
  }
  return Math.sqrt(squaresAround(values, meanOf(values)) / (values.length - 1));
}

/** True when all values together differ by no more than rounding makes of one and the same number. */
export function isConstant(...columns: readonly Float64Array[]): boolean {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const column of columns) {
    for (const value of column) {
      if (value < min) {
        min = value;
      }
      if (value > max) {
        max = value;
      }
    }
  }
  return !(max - min > 1e-14 * Math.max(Math.abs(min), Math.abs(max)));
}
