import type { SweepColumn } from './sweep-table.ts';

const BINS = 10;

/**
 * How much of the variance of an output the values of an input tell by themselves, from 0 to 1: the correlation ratio over ten equal
 * parts of its range (Pearson 1905), which also sees what rises and falls again. To order pictures by; figures come from the server.
 */
export function relatedness(input: SweepColumn, output: SweepColumn): number {
  const span = input.max - input.min;
  if (!(span > 0)) {
    return 0;
  }
  const counts = new Float64Array(BINS);
  const sums = new Float64Array(BINS);
  let [count, sum, squares] = [0, 0, 0];
  // Around a value of its own, or squares of large numbers would hide small differences.
  const origin = output.min;
  for (let row = 0; row < input.values.length; row++) {
    const [given, printed] = [input.values[row]!, output.values[row]! - origin];
    if (Number.isNaN(given) || Number.isNaN(printed)) {
      continue;
    }
    const bin = Math.min(BINS - 1, Math.floor((BINS * (given - input.min)) / span));
    counts[bin]! += 1;
    sums[bin]! += printed;
    count += 1;
    sum += printed;
    squares += printed * printed;
  }
  const total = squares - (sum * sum) / Math.max(1, count);
  if (count < 2 || total <= 0) {
    return 0;
  }
  let between = -(sum * sum) / count;
  for (let bin = 0; bin < BINS; bin++) {
    between += counts[bin]! > 0 ? sums[bin]! ** 2 / counts[bin]! : 0;
  }
  return Math.min(1, Math.max(0, between / total));
}

/** Inputs that differ, the one that tells most of the output first. */
export function mostRelated(inputs: readonly SweepColumn[], output: SweepColumn): SweepColumn[] {
  const measured = inputs
    .filter(({ min, max }) => max > min)
    .map((input) => ({ input, by: relatedness(input, output) }));
  return measured.sort((a, b) => b.by - a.by).map(({ input }) => input);
}
