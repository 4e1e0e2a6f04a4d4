/** What an optimization is about: a space of points, what is sought in it, and what its runs have said so far. */

export interface DesignVariable {
  name: string;
  min: number;
  max: number;
  /** Distance of the values that are allowed, counted from `min`; null: every value between the bounds. */
  step: number | null;
  /** Where a local search begins; null: in the middle. */
  nominal: number | null;
}

export interface Constraint {
  name: string;
  min: number | null;
  max: number | null;
}

export interface Problem {
  method: 'direct' | 'nelder-mead';
  variables: readonly DesignVariable[];
  objective: { name: string; goal: 'minimize' | 'maximize' };
  constraints: readonly Constraint[];
  maxRuns: number;
  target: number | null;
  tolerance: number | null;
  patience: number;
}

/** An iteration that has ended. */
export interface Evaluated {
  /** In the order of the variables, exactly as it was handed out. */
  point: readonly number[];
  /** Null for a run that failed or did not say. */
  objective: number | null;
  /** In the order of the constraints; null where the run did not say. */
  constraints: readonly (number | null)[];
}

/** An iteration as the methods see it: small is good. */
export interface Verdict {
  /** The objective, negated where it is to be large; null: nothing is known about this point. */
  cost: number | null;
  /** By how much each constraint is broken, in its own unit; zeros for a feasible point. */
  violations: readonly number[];
  /** Whether the point is known to keep every constraint. */
  isFeasible: boolean;
}

/** Larger figures would overflow where methods multiply them. */
const LARGEST = 1e100;

/** What the methods make of an ended iteration. A run that leaves a constraint unsaid counts as one that failed. */
export function judge(problem: Problem, { objective, constraints }: Evaluated): Verdict {
  const violations = problem.constraints.map(({ min, max }, index) => {
    const value = constraints[index];
    if (value === null || value === undefined || Number.isNaN(value)) {
      return Number.NaN;
    }
    return Math.min(LARGEST, Math.max(0, (min ?? value) - value, value - (max ?? value)));
  });
  if (objective === null || Number.isNaN(objective) || violations.some(Number.isNaN)) {
    return { cost: null, violations: violations.map(() => 0), isFeasible: false };
  }
  const cost = problem.objective.goal === 'maximize' ? -objective : objective;
  return {
    cost: Math.max(-LARGEST, Math.min(LARGEST, cost)),
    violations,
    isFeasible: violations.every((violation) => violation === 0),
  };
}
