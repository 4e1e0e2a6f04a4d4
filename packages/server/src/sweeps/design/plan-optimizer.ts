import type { ParsedJobDefinition, ParsedJobVariable } from '@quarry/contract';
import { checkOptimizer } from '../optimize/check-optimizer.ts';
import { readDesignVariable } from '../optimize/design-variable.ts';
import { checkName, readMembers } from './draft-variables.ts';
import type { Problems } from './problems.ts';

type Definition = Pick<ParsedJobDefinition, 'paramFile' | 'caseFile' | 'jobvariables' | 'optimizer'>;

/** The Design variables of an optimizer's job, in display order; what else would vary is told to `problems`. */
export function designVariables(definition: Definition, problems: Problems): ParsedJobVariable[] {
  for (const field of ['paramFile', 'caseFile'] as const) {
    if (definition[field] !== null) {
      problems.add(
        [field],
        'An optimizer chooses the values of every run; leave the file out, or the optimizer.',
      );
    }
  }
  const members = readMembers(definition.jobvariables, problems);
  for (const { variable, position, settings } of members) {
    const path = ['jobvariables', position];
    if (variable.valueGeneratorType !== '') {
      const why = 'An optimizer chooses the values of every run; leave it "".';
      problems.add([...path, 'valueGeneratorType'], why);
    } else if (variable.variableType !== 'Design') {
      const why = 'An optimizer gives values to variables of type Design only.';
      problems.add([...path, 'variableType'], why);
    } else {
      checkName(variable, position, problems);
      readDesignVariable(variable, settings);
    }
  }
  const found = members.filter(({ variable }) => variable.variableType === 'Design');
  if (found.length === 0) {
    const how = 'give them variableType "Design" and valueGeneratorSettings {"minvalue": …, "maxvalue": …}.';
    problems.add(['optimizer'], `An optimizer needs variables to choose: ${how}`);
  }
  const names = new Set(members.map(({ variable }) => variable.name));
  if (definition.optimizer) {
    checkOptimizer(definition.optimizer, names, problems);
  }
  return found.map(({ variable }) => variable);
}
