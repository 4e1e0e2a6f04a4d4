/** Random numbers that a seed decides, the same on every machine and in every version. */
import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

const SCALE_26 = 2 ** -26;
const SCALE_52 = 2 ** -52;

export interface RandomStream {
  /** Uniform on the open interval from 0 to 1: neither end is ever drawn, so quantiles stay finite. */
  uniform(): number;
  /** Uniform integer from 0 to `below` - 1. */
  below(below: number): number;
  /** 32 random bits as an unsigned integer. */
  bits(): number;
}

/**
 * A stream of its own for each label: variables that were given the same seed are drawn independently of each
 * other, and a variable keeps its values when another one comes along.
 */
export function randomStream(seed: number, label: string): RandomStream {
  const digest = createHash('sha256').update(`${seed}\0${label}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  const bits = () => generator.next() >>> 0;
  return {
    // The lowest bits of this generator are its weakest, so each half takes the upper 26 of 32.
    uniform: () => (bits() >>> 6) * SCALE_26 + ((bits() >>> 6) + 0.5) * SCALE_52,
    below: (below) => uniformInt(generator, 0, below - 1),
    bits,
  };
}

/** Puts 0 to `count` - 1 in random order (Fisher and Yates). */
export function permutation(count: number, stream: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = stream.below(index + 1);
    const kept = order[index]!;
    order[index] = order[other]!;
    order[other] = kept;
  }
  return order;
}
