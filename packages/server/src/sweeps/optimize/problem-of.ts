import type { ParsedJobDefinition } from '@quarry/contract';
import { inputVariables } from '../variables.ts';
import { toDesignVariable } from './design-variable.ts';
import type { Evaluated, Problem } from './problem.ts';

/** What the optimizer of a definition is to solve; null for a job that has none. */
export function problemOf(
  definition: Pick<ParsedJobDefinition, 'optimizer' | 'jobvariables'>,
): Problem | null {
  const { optimizer } = definition;
  return optimizer && { ...optimizer, variables: inputVariables(definition).map(toDesignVariable) };
}

/** An iteration that has ended, as its run says; what a run tells twice counts as it was told last. */
export function evaluatedOf(
  problem: Problem,
  run: { inputs: string; results: string; outcome: string | null },
): Evaluated {
  const results = new Map(JSON.parse(run.results) as Array<[name: string, value: number]>);
  const told = (name: string) => (run.outcome === 'success' ? (results.get(name) ?? null) : null);
  return {
    point: (JSON.parse(run.inputs) as string[]).map(Number),
    objective: told(problem.objective.name),
    constraints: problem.constraints.map(({ name }) => told(name)),
  };
}
