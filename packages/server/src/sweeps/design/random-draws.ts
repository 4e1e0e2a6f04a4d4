import { DISTRIBUTION_SETTINGS, type DistributionName, readDistribution } from './distributions.ts';
import type { Generator, Member } from './draft.ts';
import { allSound } from './joint.ts';
import { randomStream } from './random.ts';
import { MAX_SEED, MIN_SEED } from './seeds.ts';

/** Independent draws of all random variables together, `monteCarloIterations` times. */
export const randomDraws: Generator = (members, { iterations, maxRows }) => {
  const parts = members.map(({ variable, settings }) => {
    const name = variable.valueGeneratorType as DistributionName;
    settings.only([...DISTRIBUTION_SETTINGS[name], 'count', 'seed'], name);
    return readDistribution(name, settings);
  });
  const seeds = members.map(({ settings }) => settings.optionalInteger('seed', MIN_SEED, MAX_SEED) ?? 0);
  const count = readCount(members, iterations, maxRows);
  const distributions = allSound(members, parts);
  if (!distributions || count === undefined) {
    return null;
  }
  return {
    members,
    count,
    usesIterations: true,
    build: () => {
      const samples = members.map(({ variable }, index) => {
        const stream = randomStream(seeds[index]!, variable.name);
        return Float64Array.from({ length: count }, () => stream.uniform());
      });
      return (row, member) => distributions[member]!.quantile(samples[member]![row]!);
    },
    centre: (member) => distributions[member]!.centre,
  };
};

/** How often to draw: what the job says, else what its random variables say in agreement. */
function readCount(
  members: readonly Member[],
  iterations: number | null,
  maxRows: number,
): number | undefined {
  let agreed = iterations ?? undefined;
  let said = 'monteCarloIterations of the job says';
  let missing = true;
  for (const { variable, settings } of members) {
    if (!settings.has('count')) {
      continue;
    }
    missing = false;
    const count = settings.optionalInteger('count', 1, maxRows);
    if (count === undefined) {
      continue;
    }
    if (agreed !== undefined && agreed !== count) {
      settings.fail('count', `${said} ${agreed}: all random variables of a job are drawn together.`);
    }
    agreed ??= count;
    if (agreed === count && iterations === null) {
      said = `${variable.name} says`;
    }
  }
  if (agreed === undefined && missing) {
    members[0]!.settings.fail(
      'count',
      'Say how often to draw: monteCarloIterations on the job, or count here.',
    );
  }
  return agreed;
}
