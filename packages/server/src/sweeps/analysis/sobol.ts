/**
 * Sobol' indices from the outputs of a Saltelli design. First order by the estimator of A. Saltelli et al., Computer
 * Physics Communications 181 (2010) 259, table 2 (b); total order by that of M. Jansen, ibid. 117 (1999) 35; second
 * order by that of A. Saltelli, ibid. 145 (2002) 280. SALib uses the same three.
 */
import { bootstrapHalfWidths, RESAMPLES } from './bootstrap.ts';
import { ImpossibleError } from './impossible.ts';
import { isConstant, meanOf } from './statistics.ts';

/** Outputs by base sample; NaN where there is none. */
export interface SaltelliOutputs {
  a: Float64Array;
  b: Float64Array;
  /** For each input: those of A with this one input from B. */
  ab: Float64Array[];
  /** The other way round; null for a design without second order. */
  ba: Float64Array[] | null;
}

export interface SobolIndices {
  /** Base samples that were complete. */
  samples: number;
  first: Estimate[];
  total: Estimate[];
  /** For each pair of inputs with `one` < `other`; null without `ba`. */
  second: Array<Estimate & { one: number; other: number }> | null;
}

/** A figure with half the width of its 95 % interval; null where the output does not vary. */
export interface Estimate {
  value: number | null;
  halfWidth: number | null;
}

/** Indices of every input; base samples with a missing output are left out whole. */
export function sobolIndices(outputs: SaltelliOutputs): SobolIndices {
  const kept = complete(outputs);
  const isDead = isConstant(kept.a, kept.b, ...kept.ab, ...(kept.ba ?? []));
  const { a, b, ab, ba } = centred(kept);
  const samples = a.length;
  const inputs = ab.length;
  const pairs = ba === null ? [] : pairsOf(inputs);
  const figures = 2 * inputs + pairs.length;

  const estimate = (indices: Int32Array, into: Float64Array) => {
    const variance = varianceOfBoth(a, b, indices);
    for (let input = 0; input < inputs; input++) {
      const mixed = ab[input]!;
      let first = 0;
      let total = 0;
      for (const at of indices) {
        const difference = mixed[at]! - a[at]!;
        first += b[at]! * difference;
        total += difference * difference;
      }
      into[input] = first / indices.length / variance;
      into[inputs + input] = total / indices.length / 2 / variance;
    }
    for (const [at, [one, other]] of pairs.entries()) {
      const [mixed, reversed] = [ab[other]!, ba![one]!];
      let closed = 0;
      for (const index of indices) {
        closed += reversed[index]! * mixed[index]! - a[index]! * b[index]!;
      }
      into[2 * inputs + at] = closed / indices.length / variance - into[one]! - into[other]!;
    }
  };

  const values = new Float64Array(figures);
  const all = Int32Array.from(a, (_, index) => index);
  if (!isDead) {
    estimate(all, values);
  }
  const halfWidths = isDead
    ? values
    : bootstrapHalfWidths(samples, { resamples: RESAMPLES.sobol, figures }, estimate);
  const at = (figure: number): Estimate =>
    isDead
      ? { value: null, halfWidth: null }
      : { value: finite(values[figure]!), halfWidth: finite(halfWidths[figure]!) };
  return {
    samples,
    first: ab.map((_, input) => at(input)),
    total: ab.map((_, input) => at(inputs + input)),
    second:
      ba === null ? null : pairs.map(([one, other], pair) => ({ one, other, ...at(2 * inputs + pair) })),
  };
}

function complete({ a, b, ab, ba }: SaltelliOutputs): SaltelliOutputs {
  const all = [a, b, ...ab, ...(ba ?? [])];
  const kept: number[] = [];
  for (let sample = 0; sample < a.length; sample++) {
    if (all.every((column) => !Number.isNaN(column[sample]!))) {
      kept.push(sample);
    }
  }
  if (kept.length < 2) {
    throw new ImpossibleError(
      `Sobol' indices need at least 2 base samples of which every run has the output; here are ${kept.length} of ${a.length}.`,
      {
        code: 'too_few_runs',
        hint: 'Wait for the sweep to end, run what failed again (POST jobs/{id}/runs/rerun/), or ask for the method rank-correlation, which takes any runs.',
      },
    );
  }
  const pick = (column: Float64Array) => Float64Array.from(kept, (sample) => column[sample]!);
  return { a: pick(a), b: pick(b), ab: ab.map(pick), ba: ba?.map(pick) ?? null };
}

/** Takes the mean of all outputs off, around which the first-order estimator varies least. */
function centred({ a, b, ab, ba }: SaltelliOutputs): SaltelliOutputs {
  // The mean of means, since all columns have the same length.
  const mean = meanOf(Float64Array.from([a, b, ...ab, ...(ba ?? [])], meanOf));
  const centre = (column: Float64Array) => column.map((value) => value - mean);
  return { a: centre(a), b: centre(b), ab: ab.map(centre), ba: ba?.map(centre) ?? null };
}

function varianceOfBoth(a: Float64Array, b: Float64Array, indices: Int32Array): number {
  let sum = 0;
  for (const at of indices) {
    sum += a[at]! + b[at]!;
  }
  const mean = sum / (2 * indices.length);
  let squares = 0;
  for (const at of indices) {
    squares += (a[at]! - mean) ** 2 + (b[at]! - mean) ** 2;
  }
  return squares / (2 * indices.length);
}

function pairsOf(count: number): Array<[one: number, other: number]> {
  return Array.from({ length: count }, (_, one) => one).flatMap((one) =>
    Array.from({ length: count - one - 1 }, (_, more): [number, number] => [one, one + 1 + more]),
  );
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
