import type { Verdict } from './problem.ts';

/** What a method that knows no constraints is told of each point, as one figure; small is good. */
export interface Merits {
  /** Takes what became of further points, and answers the figures of all so far, which may have changed. */
  add(verdicts: readonly Verdict[]): readonly number[];
}

export function createMerits(): Merits {
  const all: Verdict[] = [];
  let figures: number[] = [];
  let scale: Scale = {
    largest: [],
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    best: Number.POSITIVE_INFINITY,
  };
  return {
    add(verdicts) {
      all.push(...verdicts);
      const before = scale;
      scale = extend(scale, verdicts);
      if (isSame(scale, before)) {
        figures.push(...verdicts.map((verdict) => meritOf(verdict, scale)));
      } else {
        figures = all.map((verdict) => meritOf(verdict, scale));
      }
      return figures;
    },
  };
}

/** What the figures of single points are reckoned against; it changes little after a while. */
interface Scale {
  /** Of each constraint, the largest violation. */
  largest: readonly number[];
  /** Of the objective. */
  least: number;
  most: number;
  /** Of the objective where every constraint is kept. */
  best: number;
}

function extend(scale: Scale, verdicts: readonly Verdict[]): Scale {
  let { least, most, best } = scale;
  for (const { cost, isFeasible } of verdicts) {
    if (cost === null) {
      continue;
    }
    least = Math.min(least, cost);
    most = Math.max(most, cost);
    if (isFeasible) {
      best = Math.min(best, cost);
    }
  }
  return { largest: largestViolations(verdicts, scale.largest), least, most, best };
}

function isSame(a: Scale, b: Scale): boolean {
  return (
    a.least === b.least &&
    a.most === b.most &&
    a.best === b.best &&
    a.largest.length === b.largest.length &&
    a.largest.every((violation, index) => violation === b.largest[index])
  );
}

/**
 * The auxiliary function of Stripinis, Paulavičius and Žilinskas (Struct. Multidisc. Optim. 59, 2019, 2155-2175):
 * as long as no point is feasible the violation itself; then f for feasible points and f + |f - f*| + violation
 * for the others, so that none of them is better than the best feasible point, and those just outside the feasible
 * set attract the search to its border. Ours is the unit of the violation: the largest seen of each constraint
 * counts as the spread of f. Points of which nothing is known come after all others.
 */
function meritOf(verdict: Verdict, { largest, least, most, best }: Scale): number {
  const { cost, isFeasible } = verdict;
  if (cost !== null && isFeasible) {
    return cost;
  }
  const spread = most > least ? most - least : 1;
  const worstShare = largest.length + 1;
  if (best === Number.POSITIVE_INFINITY) {
    return cost === null ? worstShare : violationShare(verdict, largest);
  }
  if (cost === null) {
    return 2 * most - best + worstShare * spread;
  }
  // f + |f - f*|, without what rounding would make of a small difference.
  return Math.max(best, 2 * cost - best) + violationShare(verdict, largest) * spread;
}

/**
 * Which of two points is better, negative for the first: the feasibility rules of Deb (Comput. Methods Appl. Mech.
 * Engrg. 186, 2000, 311-338), with points of which nothing is known last.
 */
export function compareByFeasibility(a: Verdict, b: Verdict, largest: readonly number[]): number {
  if (a.cost === null || b.cost === null) {
    return Number(a.cost === null) - Number(b.cost === null);
  }
  if (a.isFeasible && b.isFeasible) {
    return a.cost - b.cost;
  }
  if (a.isFeasible !== b.isFeasible) {
    return a.isFeasible ? -1 : 1;
  }
  return violationShare(a, largest) - violationShare(b, largest);
}

/** Of each constraint, the largest violation among `verdicts` and in `before`. */
export function largestViolations(verdicts: readonly Verdict[], before: readonly number[] = []): number[] {
  const largest = [...before];
  for (const { violations } of verdicts) {
    for (let index = 0; index < violations.length; index++) {
      largest[index] = Math.max(largest[index] ?? 0, violations[index]!);
    }
  }
  return largest;
}

/** All violations of a point as one figure: the sum of each as a share of the largest. */
function violationShare({ violations }: Verdict, largest: readonly number[]): number {
  let sum = 0;
  violations.forEach((violation, index) => {
    if (violation > 0) {
      sum += violation / largest[index]!;
    }
  });
  return sum;
}
