import type { ParsedJobDefinition, ParsedJobVariable } from '@quarry/contract';

/** Whatever has the variables of a definition. */
type WithVariables = Pick<ParsedJobDefinition, 'jobvariables'>;

const INPUT_TYPES: readonly string[] = ['Param', 'Design', 'Case'];

/** The variables that runs are given, in the order of a run's `inputs`. */
export function inputVariables({ jobvariables }: WithVariables): ParsedJobVariable[] {
  return jobvariables.filter(({ variableType }) => INPUT_TYPES.includes(variableType));
}

/** Their names. */
export function inputNames(definition: WithVariables): string[] {
  return inputVariables(definition).map(({ name }) => name);
}

/** Variables that runs give: what the post-process scripts are expected to print. */
export function outputVariables({ jobvariables }: WithVariables) {
  return jobvariables.filter(({ variableType }) => !INPUT_TYPES.includes(variableType));
}
