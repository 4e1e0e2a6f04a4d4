import type { Generator } from './draft.ts';
import { agreed, agreedInteger, agreedSeed, allSound, readDistributions, refuseUnbounded } from './joint.ts';
import type { MorrisLayout } from './layout.ts';
import { permutation, randomStream } from './random.ts';

const MAX_LEVELS = 1000;

/**
 * Random walks through a grid of `levels` that change each variable once, by half the grid: M. D. Morris, Factorial
 * sampling plans for preliminary computational experiments, Technometrics 33 (1991) 161-174.
 */
export const morris: Generator = (members, { maxRows }) => {
  const parts = readDistributions(members, ['trajectories', 'levels', 'seed']);
  const trajectories = agreedInteger(members, 'trajectories', 1, maxRows);
  const levels =
    agreed(members, 'levels', (settings) => {
      const found = settings.optionalInteger('levels', 2, MAX_LEVELS);
      if (found !== undefined && found % 2 !== 0) {
        settings.fail('levels', 'Ensure this value is even.');
      }
      return found;
    }) ?? 4;
  const seed = agreedSeed(members);
  refuseUnbounded(members, parts, 'The levels include the ends');
  const distributions = allSound(members, parts);
  if (!distributions || trajectories === undefined) {
    return null;
  }

  const dimensions = members.length;
  const rowsPerTrajectory = dimensions + 1;
  let walks: Walks | undefined;
  const walk = () => {
    walks ??= drawWalks(trajectories, dimensions, levels, seed);
    return walks;
  };
  const layout: MorrisLayout = {
    kind: 'Morris',
    variables: members.map(({ variable }) => variable.name),
    trajectories,
    rowsPerTrajectory,
    rows: trajectories * rowsPerTrajectory,
    delta: levels / (2 * (levels - 1)),
    step(trajectory, step) {
      const { changes, from, to } = walk();
      const variable = changes.subarray(trajectory * dimensions, (trajectory + 1) * dimensions).indexOf(step);
      const place = trajectory * dimensions + variable;
      return { variable, direction: from[place]! < to[place]! ? 1 : -1 };
    },
  };
  return {
    members,
    count: layout.rows,
    layout,
    build: () => {
      const { changes, from, to } = walk();
      return (row, member) => {
        const step = row % rowsPerTrajectory;
        const place = ((row - step) / rowsPerTrajectory) * dimensions + member;
        const level = changes[place]! < step ? to[place]! : from[place]!;
        return distributions[member]!.quantile(level / (levels - 1));
      };
    },
    centre: (member) => distributions[member]!.centre,
  };
};

/** For each variable of each trajectory: the step at which it changes, and the levels before and after. */
interface Walks {
  changes: Uint16Array;
  from: Uint16Array;
  to: Uint16Array;
}

function drawWalks(trajectories: number, dimensions: number, levels: number, seed: number): Walks {
  const size = trajectories * dimensions;
  const walks = { changes: new Uint16Array(size), from: new Uint16Array(size), to: new Uint16Array(size) };
  const stream = randomStream(seed, 'Morris');
  const half = levels / 2;
  for (let trajectory = 0; trajectory < trajectories; trajectory++) {
    walks.changes.set(permutation(dimensions, stream), trajectory * dimensions);
    for (let place = trajectory * dimensions; place < (trajectory + 1) * dimensions; place++) {
      const low = stream.below(half);
      const rises = stream.below(2) === 1;
      walks.from[place] = rises ? low : low + half;
      walks.to[place] = rises ? low + half : low;
    }
  }
  return walks;
}
