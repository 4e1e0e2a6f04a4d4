import { direct } from './direct.ts';
import type { Method } from './method.ts';
import { nelderMead } from './nelder-mead.ts';
import { type Evaluated, judge, type Problem, type Verdict } from './problem.ts';
import { type Space, spaceOf } from './space.ts';
import { type End, endByRules } from './stopping.ts';

/** Rounds of a method in which it asks only for what is known, after which it is taken to have converged. */
const ROUNDS_WITHOUT_NEWS = 500;

/**
 * What an optimization executes next, at most `most` points at a time, or why it is over. Points that have been
 * handed out but not evaluated are handed out again.
 *
 * It keeps nothing: the method is run from its beginning over what the table of iterations says, until it asks for
 * a point that is not there. So the answer is the same after a restart, and does not depend on the order in which
 * the points of a round came back.
 */
export function nextIterations(
  problem: Problem,
  evaluated: readonly Evaluated[],
  most: number,
): { points: number[][]; end: End | null } {
  const end = endByRules(problem, evaluated);
  if (end) {
    return { points: [], end };
  }
  const space = spaceOf(problem.variables);
  const known = new Map<string, Verdict>();
  for (const one of evaluated) {
    const key = keyOf(one.point);
    if (!known.has(key)) {
      known.set(key, judge(problem, one));
    }
  }
  if (known.size >= space.size) {
    return {
      points: [],
      end: { reason: 'exhausted', message: 'Every combination of values has been executed.' },
    };
  }
  const unknown = replay(methodOf(problem, space), space, known);
  if (unknown.length === 0) {
    return {
      points: [],
      end: {
        reason: 'converged',
        message: 'The search has closed in on a point and has nothing more to try.',
      },
    };
  }
  return { points: unknown.slice(0, Math.min(most, problem.maxRuns - evaluated.length)), end: null };
}

function methodOf(problem: Problem, space: Space): Method {
  switch (problem.method) {
    case 'direct':
      return direct(space.dimensions);
    case 'nelder-mead':
      return nelderMead(space);
  }
}

/** The points of the first round that are not all known, or none when the method comes to an end before. */
function replay(method: Method, space: Space, known: ReadonlyMap<string, Verdict>): number[][] {
  const met = new Set<string>();
  let round = method.next();
  for (let vain = 0; !round.done && vain < ROUNDS_WITHOUT_NEWS; vain++) {
    const unknown = new Map<string, number[]>();
    const verdicts = round.value.map((unit) => {
      const point = space.pointAt(unit);
      const key = keyOf(point);
      const verdict = known.get(key);
      if (!verdict) {
        unknown.set(key, point);
      } else if (!met.has(key)) {
        met.add(key);
        vain = 0;
      }
      return verdict;
    });
    if (unknown.size > 0) {
      return [...unknown.values()];
    }
    round = method.next(verdicts as Verdict[]);
  }
  return [];
}

/** Numbers as texts are exact: the shortest decimals that give the same number. */
function keyOf(point: readonly number[]): string {
  return point.join(' ');
}
