import type { OptimizerDefinition } from '@quarry/contract';
import type { Problems } from '../design/problems.ts';

/** Tells what is wrong with what an optimizer is to achieve; `inputs` are the names of the job's input variables. */
export function checkOptimizer(
  { objective, constraints }: OptimizerDefinition,
  inputs: ReadonlySet<string>,
  problems: Problems,
): void {
  const refuseInput = (name: string, path: (string | number)[]) => {
    if (!inputs.has(name)) {
      return;
    }
    const why = `"${name}" is a variable that the optimizer chooses; name an output of the post-process script.`;
    problems.add(['optimizer', ...path, 'name'], why);
  };
  refuseInput(objective.name, ['objective']);
  for (const [index, { name, min, max }] of constraints.entries()) {
    refuseInput(name, ['constraints', index]);
    const path = ['optimizer', 'constraints', index];
    if (min === null && max === null) {
      problems.add([...path, 'min'], 'A constraint needs min, max or both; without them it bounds nothing.');
    } else if (min !== null && max !== null && min > max) {
      problems.add([...path, 'max'], `Ensure this value is not less than min, which is ${min}.`);
    }
  }
}
