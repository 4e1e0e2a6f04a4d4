import { compareByFeasibility, largestViolations } from './merit.ts';
import type { Method } from './method.ts';
import type { Verdict } from './problem.ts';
import type { Space } from './space.ts';

interface Vertex {
  at: number[];
  verdict: Verdict;
}

/** Edge of the first simplex, as a share of each range. */
const FIRST_EDGE = 0.1;
/** A simplex smaller than this has converged. */
const SMALLEST = 1e-7;
/** Simplexes that begin anew from the best point without finding a better one, before the search ends. */
const VAIN_RESTARTS = 2;

/**
 * The simplex search of Nelder and Mead (Comput. J. 7, 1965, 308-313), in the form of Lagarias et al. (SIAM J.
 * Optim. 9, 1998, 112-147). It needs only to know which of two points is better, so constraints enter as
 * feasibility rules. Points outside the bounds are moved onto them; as that, and a constraint, may flatten a
 * simplex, a new one begins at the best point, smaller each time, until that helps no more (after Luersen and Le
 * Riche, Comput. Struct. 82, 2004, 2251-2260).
 */
export function* nelderMead(space: Space): Method {
  let largest: number[] = [];
  const better = (a: Vertex, b: Vertex) => compareByFeasibility(a.verdict, b.verdict, largest);

  function* evaluate(points: number[][]): Generator<number[][], Vertex[], Verdict[]> {
    const inside = points.map((point) => point.map((x) => Math.min(1, Math.max(0, x))));
    const verdicts = yield inside;
    largest = largestViolations(verdicts, largest);
    return inside.map((at, index) => ({ at, verdict: verdicts[index]! }));
  }

  let [best] = (yield* evaluate([[...space.start]])) as [Vertex];
  let edge = FIRST_EDGE;
  for (let vain = 0; vain <= VAIN_RESTARTS; edge /= 4) {
    const simplex = [best, ...(yield* evaluate(neighbours(best.at, edge, space.pitch)))].sort(better);
    while (diameter(simplex) > SMALLEST) {
      yield* step(simplex);
    }
    if (better(simplex[0]!, best) < 0) {
      best = simplex[0]!;
      vain = 0;
    } else {
      vain++;
    }
  }

  /** Replaces the worst vertex, or all but the best; the simplex stays sorted, newcomers behind their equals. */
  function* step(simplex: Vertex[]): Generator<number[][], void, Verdict[]> {
    const worst = simplex.at(-1)!;
    const others = simplex.slice(0, -1);
    const middle = space.start.map((_, side) => mean(others.map(({ at }) => at[side]!)));
    /** The point on the line from the worst vertex through the middle of the others, so far behind it. */
    const beyond = (factor: number) => middle.map((m, side) => m + factor * (m - worst.at[side]!));
    const replace = (vertex: Vertex) => {
      simplex[simplex.length - 1] = vertex;
      simplex.sort(better);
    };

    const [reflected] = (yield* evaluate([beyond(1)])) as [Vertex];
    if (better(reflected, simplex[0]!) < 0) {
      const [expanded] = (yield* evaluate([beyond(2)])) as [Vertex];
      return replace(better(expanded, reflected) < 0 ? expanded : reflected);
    }
    if (better(reflected, others.at(-1)!) < 0) {
      return replace(reflected);
    }
    const isOutside = better(reflected, worst) < 0;
    const [contracted] = (yield* evaluate([beyond(isOutside ? 0.5 : -0.5)])) as [Vertex];
    if (isOutside ? better(contracted, reflected) <= 0 : better(contracted, worst) < 0) {
      return replace(contracted);
    }

    const [first, ...rest] = simplex as [Vertex, ...Vertex[]];
    const shrunk = rest.map(({ at }) => at.map((x, side) => (x + first.at[side]!) / 2));
    simplex.splice(1, rest.length, ...(yield* evaluate(shrunk)));
    simplex.sort(better);
  }
}

/** A point beside another along each side, on the side of it where there is more room. */
function neighbours(at: readonly number[], edge: number, pitch: readonly number[]): number[][] {
  return at.map((x, side) => {
    const length = Math.max(edge, pitch[side]!);
    return at.map((other, index) => (index === side ? x + (x > 0.5 ? -length : length) : other));
  });
}

/** The largest distance of a vertex from the best, along any side. */
function diameter([first, ...rest]: Vertex[]): number {
  return Math.max(...rest.flatMap(({ at }) => at.map((x, side) => Math.abs(x - first!.at[side]!))));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
