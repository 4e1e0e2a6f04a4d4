/**
 * Sobol' sequences: I. M. Sobol', USSR Comput. Math. Math. Phys. 7 (1967) 86-112, in the order of I. A. Antonov and
 * V. M. Saleev, ibid. 19 (1980) 252-256, with the direction numbers of Joe and Kuo.
 */
import type { Generator } from './draft.ts';
import {
  agreed,
  agreedInteger,
  agreedSeed,
  allSound,
  fits,
  readDistributions,
  refuseUnbounded,
} from './joint.ts';
import { randomStream } from './random.ts';
import { SOBOL_DIRECTIONS } from './sobol-directions.ts';

/** Dimensions that the stored direction numbers allow. */
export const SOBOL_DIMENSIONS = 256;
const BITS = 32;
const SCALE = 2 ** -BITS;

/** Coordinate `dimension` of point `index`, both from 0, in the unit interval. */
export type Sequence = (index: number, dimension: number) => number;

/** The sequence as it is: point 0 is the origin. Up to 2^32 points. */
function plainSobol(dimensions: number): Sequence {
  const directions = directionNumbers(dimensions);
  return (index, dimension) => coordinate(directions, index, dimension) * SCALE;
}

/**
 * The sequence under a random linear scramble and digital shift for each dimension, which keeps its uniformity and
 * makes every point uniformly distributed inside the open cube: J. Matoušek, On the L2-discrepancy for anchored
 * boxes, J. Complexity 14 (1998) 527-556.
 */
export function scrambledSobol(dimensions: number, seed: number): Sequence {
  const directions = directionNumbers(dimensions);
  const shifts = new Uint32Array(dimensions);
  for (let dimension = 0; dimension < dimensions; dimension++) {
    const stream = randomStream(seed, `Sobol ${dimension}`);
    shifts[dimension] = stream.bits();
    // Row r of a lower triangular matrix with ones on its diagonal: digit r depends on itself and those above it.
    const rows = Array.from({ length: BITS }, (_, row) => {
      const diagonal = 2 ** (BITS - 1 - row);
      const above = row === 0 ? 0 : stream.bits() & ~(2 * diagonal - 1);
      return (above | diagonal) >>> 0;
    });
    const start = dimension * BITS;
    for (let bit = 0; bit < BITS; bit++) {
      let scrambled = 0;
      for (const [row, mask] of rows.entries()) {
        if (isOdd(mask & directions[start + bit]!)) {
          scrambled += 2 ** (BITS - 1 - row);
        }
      }
      directions[start + bit] = scrambled;
    }
  }
  return (index, dimension) =>
    (((coordinate(directions, index, dimension) ^ shifts[dimension]!) >>> 0) + 0.5) * SCALE;
}

/** Whether a number of 32 bits has an odd number of ones. */
function isOdd(bits: number): boolean {
  let folded = bits ^ (bits >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return ((0x6996 >>> (folded & 15)) & 1) === 1;
}

function coordinate(directions: Uint32Array, index: number, dimension: number): number {
  let gray = (index ^ (index >>> 1)) >>> 0;
  let bits = 0;
  for (let place = dimension * BITS; gray !== 0; place++) {
    if (gray & 1) {
      bits ^= directions[place]!;
    }
    gray >>>= 1;
  }
  return bits >>> 0;
}

/** For each dimension 32 numbers of 32 bits, the binary fractions v_1, v_2, …. */
function directionNumbers(dimensions: number): Uint32Array {
  const numbers = new Uint32Array(dimensions * BITS);
  const lines = SOBOL_DIRECTIONS.trim().split('\n');
  for (let dimension = 0; dimension < dimensions; dimension++) {
    const v = numbers.subarray(dimension * BITS, (dimension + 1) * BITS);
    if (dimension === 0) {
      for (let bit = 0; bit < BITS; bit++) {
        v[bit] = 2 ** (BITS - 1 - bit);
      }
      continue;
    }
    const [inner = 0, ...initial] = lines[dimension - 1]!.split(' ').map(Number);
    const degree = initial.length;
    for (const [bit, m] of initial.entries()) {
      v[bit] = m * 2 ** (BITS - 1 - bit);
    }
    for (let bit = degree; bit < BITS; bit++) {
      let next = v[bit - degree]! ^ (v[bit - degree]! >>> degree);
      for (let k = 1; k < degree; k++) {
        if ((inner >>> (degree - 1 - k)) & 1) {
          next ^= v[bit - k]!;
        }
      }
      v[bit] = next;
    }
  }
  return numbers;
}

/** `count` points of a Sobol' sequence, scrambled unless `scramble` is false. */
export const sobol: Generator = (members, context) =>
  lowDiscrepancy(members, context, SOBOL_DIMENSIONS, { plain: plainSobol, scrambled: scrambledSobol });

interface Sequences {
  plain(dimensions: number): Sequence;
  scrambled(dimensions: number, seed: number): Sequence;
}

/** A design of the first `count` points of a sequence, one dimension for each variable. */
export function lowDiscrepancy(
  members: Parameters<Generator>[0],
  { maxRows }: Parameters<Generator>[1],
  dimensions: number,
  { plain, scrambled }: Sequences,
): ReturnType<Generator> {
  const parts = readDistributions(members, ['count', 'scramble', 'seed']);
  const count = agreedInteger(members, 'count', 1, maxRows);
  const isScrambled = agreed(members, 'scramble', (settings) => settings.boolean('scramble')) ?? true;
  const seed = agreedSeed(members);
  if (!isScrambled) {
    refuseUnbounded(members, parts, 'Without scramble the first point is 0');
  }
  const distributions = fits(members, dimensions) ? allSound(members, parts) : null;
  if (!distributions || count === undefined) {
    return null;
  }
  return {
    members,
    count,
    build: () => {
      const sequence = isScrambled ? scrambled(members.length, seed) : plain(members.length);
      return (row, member) => distributions[member]!.quantile(sequence(row, member));
    },
    centre: (member) => distributions[member]!.centre,
  };
}
