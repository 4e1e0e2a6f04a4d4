import { type Evaluated, judge, type Problem } from './problem.ts';

export type EndReason = 'target' | 'max_runs' | 'no_improvement' | 'no_values' | 'exhausted' | 'converged';

export interface End {
  reason: EndReason;
  /** For people: what happened. */
  message: string;
}

/** A search of which nothing is known after this many iterations, and twice the variables, cannot go anywhere. */
const RUNS_WITHOUT_VALUE = 10;

/** Which iteration is the best that keeps every constraint, the earliest of equals; null when there is none. */
export function bestIteration(problem: Problem, evaluated: readonly Evaluated[]): number | null {
  return bestAmong(problem, evaluated, evaluated.length);
}

/** The rule that ends the optimization here whatever its method would do next; null: it goes on. */
export function endByRules(problem: Problem, evaluated: readonly Evaluated[]): End | null {
  const { name, goal } = problem.objective;
  const best = bestIteration(problem, evaluated);
  const costOf = (value: number) => (goal === 'maximize' ? -value : value);
  if (best !== null && problem.target !== null) {
    const value = evaluated[best]!.objective!;
    if (costOf(value) <= costOf(problem.target)) {
      return { reason: 'target', message: `${name} has reached the target ${problem.target} with ${value}.` };
    }
  }
  if (evaluated.length >= problem.maxRuns) {
    return {
      reason: 'max_runs',
      message: `All ${counted(problem.maxRuns)} that were allowed have been executed.`,
    };
  }
  const vain = Math.max(RUNS_WITHOUT_VALUE, 2 * problem.variables.length + 1);
  if (evaluated.length >= vain && evaluated.every((one) => judge(problem, one).cost === null)) {
    const names = [...new Set([name, ...problem.constraints.map((constraint) => constraint.name)])];
    return {
      reason: 'no_values',
      message: `None of the first ${evaluated.length} runs has told ${names.join(', ')}.`,
    };
  }
  const { tolerance, patience } = problem;
  if (tolerance !== null && best !== null && evaluated.length > patience) {
    const before = bestAmong(problem, evaluated, evaluated.length - patience);
    if (before !== null) {
      const gain = costOf(evaluated[before]!.objective!) - costOf(evaluated[best]!.objective!);
      if (gain <= tolerance) {
        return {
          reason: 'no_improvement',
          message: `The last ${counted(patience)} improved ${name} by no more than ${tolerance}.`,
        };
      }
    }
  }
  return null;
}

function bestAmong(problem: Problem, evaluated: readonly Evaluated[], count: number): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const verdict = judge(problem, evaluated[index]!);
    if (!verdict.isFeasible || (best !== null && verdict.cost! >= least)) {
      continue;
    }
    best = index;
    least = verdict.cost!;
  }
  return best;
}

function counted(iterations: number): string {
  return iterations === 1 ? '1 iteration' : `${iterations} iterations`;
}
