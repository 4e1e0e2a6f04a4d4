import type { Verdict } from './problem.ts';

/**
 * One figure per point for a method that knows no constraints; small is good, and none is better than the best
 * feasible point unless nothing feasible is known.
 *
 * The auxiliary function of Stripinis, Paulavičius and Zilinskas (Struct. Multidisc. Optim. 59, 2019, 2155-2175):
 * as long as no point is feasible the violation itself; then f for feasible points and f + |f - f*| + violation
 * for the others, so that points just outside the feasible set attract the search to its border. Ours is the unit
 * of the violation: the largest seen of each constraint counts as the spread of f. Points of which nothing is
 * known come after all others.
 */
export function merits(verdicts: readonly Verdict[]): Float64Array {
  const figures = new Float64Array(verdicts.length);
  const largest = largestViolations(verdicts);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  for (const { cost, isFeasible } of verdicts) {
    if (cost === null) continue;
    least = Math.min(least, cost);
    most = Math.max(most, cost);
    if (isFeasible) best = Math.min(best, cost);
  }
  const spread = most > least ? most - least : 1;
  let worst = Number.NEGATIVE_INFINITY;
  for (const [index, verdict] of verdicts.entries()) {
    if (verdict.cost === null) continue;
    let figure = verdict.cost;
    if (!verdict.isFeasible) {
      figure = violationShare(verdict, largest);
      if (best < Number.POSITIVE_INFINITY)
        figure = verdict.cost + Math.abs(verdict.cost - best) + figure * spread;
    }
    figures[index] = figure;
    worst = Math.max(worst, figure);
  }
  const unknown = worst > Number.NEGATIVE_INFINITY ? worst + spread : 0;
  for (const [index, { cost }] of verdicts.entries()) if (cost === null) figures[index] = unknown;
  return figures;
}

/**
 * Which of two points is better, negative for the first: the feasibility rules of Deb (Comput. Methods Appl. Mech.
 * Engrg. 186, 2000, 311-338), with points of which nothing is known last.
 */
export function compareByFeasibility(a: Verdict, b: Verdict, largest: readonly number[]): number {
  if (a.cost === null || b.cost === null) return Number(a.cost === null) - Number(b.cost === null);
  if (a.isFeasible && b.isFeasible) return a.cost - b.cost;
  if (a.isFeasible !== b.isFeasible) return a.isFeasible ? -1 : 1;
  return violationShare(a, largest) - violationShare(b, largest);
}

/** Of each constraint, the largest violation among `verdicts` and in `before`. */
export function largestViolations(verdicts: readonly Verdict[], before: readonly number[] = []): number[] {
  const largest = [...before];
  for (const { violations } of verdicts)
    for (let index = 0; index < violations.length; index++)
      largest[index] = Math.max(largest[index] ?? 0, violations[index]!);
  return largest;
}

/** All violations of a point as one figure: the sum of each as a share of the largest. */
function violationShare({ violations }: Verdict, largest: readonly number[]): number {
  let sum = 0;
  violations.forEach((violation, index) => {
    if (violation > 0) sum += violation / largest[index]!;
  });
  return sum;
}
