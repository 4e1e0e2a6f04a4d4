import type { Generator } from './draft.ts';
import { agreedInteger, agreedSeed, allSound, readDistributions } from './joint.ts';
import { permutation, randomStream } from './random.ts';

const BELOW_ONE = 1 - 2 ** -53;

/**
 * One point in each of `count` strata of equal probability of every variable, the strata paired at random: M. D.
 * McKay, R. J. Beckman and W. J. Conover, Technometrics 21 (1979) 239-245.
 */
export const latinHypercube: Generator = (members, { maxRows }) => {
  const distributions = allSound(members, readDistributions(members, ['count', 'seed']));
  const count = agreedInteger(members, 'count', 1, maxRows);
  const seed = agreedSeed(members);
  if (!distributions || count === undefined || members.some(({ settings }) => settings.failed)) {
    return null;
  }
  return {
    members,
    count,
    build: () => {
      const samples = members.map(({ variable }) => strata(count, seed, variable.name));
      return (row, member) => distributions[member]!.quantile(samples[member]![row]!);
    },
    centre: (member) => distributions[member]!.centre,
  };
};

function strata(count: number, seed: number, name: string): Float64Array {
  const stream = randomStream(seed, name);
  const order = permutation(count, stream);
  return Float64Array.from(order, (stratum) => Math.min((stratum + stream.uniform()) / count, BELOW_ONE));
}
