import { invalidFields } from '../../problems.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import type { StoredDefinition } from '../definition/stored.ts';
import { readNumbers } from './run-numbers.ts';

const NAMED = 10;

/** Of the runs that a definition stands for those that a restart has chosen, under the numbers that they have there. */
export function pickRuns(
  plan: SweepPlan,
  { restart, optimizer }: Pick<StoredDefinition, 'restart' | 'optimizer'>,
): SweepPlan {
  if (restart?.runs === undefined) {
    return plan;
  }
  if (optimizer) {
    throw invalidFields({
      optimizer: ['An optimizer chooses its runs itself: they cannot go on from those of another job.'],
    });
  }
  const numbers = readNumbers(restart.runs);
  const missing = numbers.filter((number) => number > plan.count);
  if (missing.length > 0) {
    throw invalidFields({
      non_field_errors: [
        `The definition has ${plan.count} ${plan.count === 1 ? 'run' : 'runs'} now, so these have no place in it: ${nameRuns(missing)}. Leave them out (runs), or leave the parameters as they were.`,
      ],
    });
  }
  return {
    ...plan,
    count: numbers.length,
    withNominal: plan.withNominal && numbers.at(-1) === plan.count,
    values: (index) => plan.values(numbers[index]! - 1),
    numbers,
  };
}

/** Numbers of runs for people, the first of them one by one. */
export function nameRuns(numbers: readonly (number | string)[]): string {
  return numbers.length <= NAMED
    ? numbers.join(', ')
    : `${numbers.slice(0, NAMED).join(', ')} and ${numbers.length - NAMED} more`;
}
