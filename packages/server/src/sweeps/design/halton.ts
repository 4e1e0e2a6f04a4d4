/** Halton sequences: J. H. Halton, Numerische Mathematik 2 (1960) 84-90. */
import type { Generator } from './draft.ts';
import { permutation, randomStream } from './random.ts';
import { lowDiscrepancy, type Sequence } from './sobol.ts';

const HALTON_DIMENSIONS = 256;
/** Digits beyond this part of the interval do not show in a double. */
const RESOLUTION = 2 ** -53;

/** The radical inverse of `index` in the first primes: point 0 is the origin. */
function plainHalton(dimensions: number): Sequence {
  const bases = firstPrimes(dimensions);
  return (index, dimension) => {
    const base = bases[dimension]!;
    // Exact numerator and denominator, so that the quotient is the nearest number.
    let reversed = 0;
    let scale = 1;
    for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
      reversed = reversed * base + (rest % base);
      scale *= base;
    }
    return reversed / scale;
  };
}

/**
 * The sequence with every digit of every dimension put through a random permutation of its own, which breaks the
 * stripes that large bases have: A. B. Owen, A randomized Halton algorithm in R, arXiv:1706.02808 (2017).
 */
function scrambledHalton(dimensions: number, seed: number): Sequence {
  const permutations = firstPrimes(dimensions).map((base, dimension) => {
    const stream = randomStream(seed, `Halton ${dimension}`);
    const digits = Math.ceil(Math.log(1 / RESOLUTION) / Math.log(base));
    return { base, digits: Array.from({ length: digits }, () => permutation(base, stream)) };
  });
  return (index, dimension) => {
    const { base, digits } = permutations[dimension]!;
    let rest = index;
    let scale = 1;
    let sum = 0;
    for (const digit of digits) {
      scale /= base;
      sum += digit[rest % base]! * scale;
      rest = Math.floor(rest / base);
    }
    return Math.min(Math.max(sum, RESOLUTION), 1 - RESOLUTION);
  };
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) {
      primes.push(candidate);
    }
  }
  return primes;
}

/** `count` points of a Halton sequence, scrambled unless `scramble` is false. */
export const halton: Generator = (members, context) =>
  lowDiscrepancy(members, context, HALTON_DIMENSIONS, { plain: plainHalton, scrambled: scrambledHalton });
