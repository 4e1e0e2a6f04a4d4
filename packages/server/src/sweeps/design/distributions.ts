/** Distributions by their quantile functions, so that every sample, random or designed, maps to them alike. */

import { middle } from './decimals.ts';
import { normalProbability, normalQuantile } from './normal.ts';
import type { Settings } from './settings.ts';

export interface Distribution {
  /** The value below which a part `probability` of all draws lies; 0 and 1 may give infinities. */
  quantile(probability: number): number;
  /** Mean of a normal, median of a log-normal, mode of a triangular, middle of a uniform distribution. */
  centre: number;
}

export const DISTRIBUTIONS = ['Uniform', 'Normal', 'LogNormal', 'Triangular'] as const;
export type DistributionName = (typeof DISTRIBUTIONS)[number];

export const DISTRIBUTION_SETTINGS: Readonly<Record<DistributionName, readonly string[]>> = {
  Uniform: ['minvalue', 'maxvalue'],
  Normal: ['mean', 'stddev', 'minvalue', 'maxvalue'],
  LogNormal: ['mean', 'stddev', 'minvalue', 'maxvalue'],
  Triangular: ['minvalue', 'mode', 'maxvalue'],
};

type Reader = (settings: Settings) => Distribution | undefined;

const READERS: Readonly<Record<DistributionName, Reader>> = {
  Uniform: uniform,
  Normal: normal,
  LogNormal: logNormal,
  Triangular: triangular,
};

/** The ends of what any sample asks a quantile for, apart from 0 and 1 themselves. */
const EXTREMES = [2 ** -53, 1 - 2 ** -53];

/** Reads a distribution; undefined when it has told `settings` what is wrong. */
export function readDistribution(name: DistributionName, settings: Settings): Distribution | undefined {
  const distribution = READERS[name](settings);
  settings.numericNominal();
  if (distribution === undefined || settings.failed) {
    return undefined;
  }
  if (EXTREMES.every((probability) => Number.isFinite(distribution.quantile(probability)))) {
    return distribution;
  }
  settings.fail('stddev', 'Its values would be too large for numbers.');
  return undefined;
}

/** True where the distribution has a smallest and a largest value, as designs with points on the edge need. */
export function isBounded(distribution: Distribution): boolean {
  return Number.isFinite(distribution.quantile(0)) && Number.isFinite(distribution.quantile(1));
}

function clamp(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(Math.max(value, min), max);
}

/** The value at `part` of the way from one bound to the other; bounds may be further apart than the largest number. */
function along(from: number, to: number, part: number): number {
  const width = to - from;
  return Number.isFinite(width) ? from + width * part : from * (1 - part) + to * part;
}

function uniform(settings: Settings): Distribution | undefined {
  const range = settings.range();
  if (!range) {
    return undefined;
  }
  const { min, max } = range;
  return { quantile: (u) => clamp(along(min, max, u), range), centre: middle(range) };
}

function triangular(settings: Settings): Distribution | undefined {
  const range = settings.range();
  const mode = settings.number('mode');
  if (!range || mode === undefined) {
    return undefined;
  }
  const { min, max } = range;
  if (mode < min || mode > max) {
    settings.fail('mode', `Ensure this value is between minvalue and maxvalue, ${min} and ${max}.`);
    return undefined;
  }
  if (min === max) {
    return { quantile: () => mode, centre: mode };
  }
  const scale = Number.isFinite(max - min) ? 1 : 0.5;
  const peak = (mode * scale - min * scale) / (max * scale - min * scale);
  const quantile = (u: number) =>
    u < peak ? along(min, max, Math.sqrt(u * peak)) : along(max, min, Math.sqrt((1 - u) * (1 - peak)));
  return { quantile: (u) => clamp(quantile(u), range), centre: mode };
}

interface Spread {
  mean: number;
  stddev: number;
}

function spread(settings: Settings): Spread | undefined {
  const mean = settings.number('mean');
  const stddev = settings.number('stddev');
  if (stddev !== undefined && stddev < 0) {
    settings.fail('stddev', 'Ensure this value is greater than or equal to 0.');
  }
  return mean === undefined || stddev === undefined || stddev < 0 ? undefined : { mean, stddev };
}

function normal(settings: Settings): Distribution | undefined {
  const shape = spread(settings);
  const bounds = settings.optionalRange();
  if (!shape || !bounds) {
    return undefined;
  }
  const quantile = truncatedNormal(shape, bounds, settings);
  return quantile && { quantile: between(bounds, quantile), centre: clamp(shape.mean, bounds) };
}

/** `mean` and `stddev` are those of the value's natural logarithm, as in NumPy; bounds are on the value itself. */
function logNormal(settings: Settings): Distribution | undefined {
  const shape = spread(settings);
  const given = settings.optionalRange();
  if (!shape || !given) {
    return undefined;
  }
  if (given.max <= 0) {
    settings.fail('maxvalue', 'Ensure this value is greater than 0: every value of a LogNormal is.');
    return undefined;
  }
  const bounds = { min: Math.max(given.min, 0), max: given.max };
  const logarithms = { min: Math.log(bounds.min), max: Math.log(bounds.max) };
  const quantile = truncatedNormal(shape, logarithms, settings);
  if (!quantile) {
    return undefined;
  }
  return {
    quantile: between(bounds, (u) => Math.exp(quantile(u))),
    centre: clamp(Math.exp(shape.mean), bounds),
  };
}

/** Lets no rounding take a quantile off its bounds, which are the quantiles of 0 and 1. */
function between(
  bounds: { min: number; max: number },
  quantile: (u: number) => number,
): (u: number) => number {
  return (u) => (u <= 0 ? bounds.min : u >= 1 ? bounds.max : clamp(quantile(u), bounds));
}

/** Less probability than this between the bounds leaves no digits to draw from. */
const LEAST_PROBABILITY = 1e-300;

function truncatedNormal(
  { mean, stddev }: Spread,
  { min, max }: { min: number; max: number },
  settings: Settings,
): ((u: number) => number) | undefined {
  if (stddev === 0) {
    if (mean >= min && mean <= max) {
      return () => mean;
    }
    settings.fail('mean', 'With a stddev of 0 the mean must lie between minvalue and maxvalue.');
    return undefined;
  }
  const low = (min - mean) / stddev;
  const high = (max - mean) / stddev;
  // Computed in the lower tail, where probabilities keep their digits, and mirrored for bounds above the mean.
  const mirrored = low > 0;
  const below = normalProbability(mirrored ? -high : low);
  const inside = normalProbability(mirrored ? -low : high) - below;
  if (!(inside >= LEAST_PROBABILITY)) {
    const key = settings.has('maxvalue') ? 'maxvalue' : 'minvalue';
    settings.fail(key, 'The distribution has no values between minvalue and maxvalue.');
    return undefined;
  }
  return mirrored
    ? (u) => mean - stddev * normalQuantile(below + (1 - u) * inside)
    : (u) => mean + stddev * normalQuantile(below + u * inside);
}
