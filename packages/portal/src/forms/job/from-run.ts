/** The definition of a sweep with the values of one of its runs: a job of one run, whose templates get what they got there. */
import type { Run } from '@quarry/sdk';
import { type Document, isObject, type Json } from './document.ts';

const GIVEN: ReadonlySet<Json | undefined> = new Set(['Param', 'Design', 'Case']);

export function withValuesOfRun(definition: Document, run: Pick<Run, 'variables'>): Document {
  const given = new Map(run.variables.map((variable) => [variable.name, variable]));
  const variables = Array.isArray(definition.jobvariables) ? definition.jobvariables : [];
  const {
    optimizer: _optimizer,
    paramFile: _paramFile,
    caseFile: _caseFile,
    monteCarloIterations: _iterations,
    includeNominalRun: _nominal,
    ...rest
  } = definition;
  return {
    ...rest,
    jobvariables: variables.flatMap((variable): Json[] => {
      if (!isObject(variable) || !GIVEN.has(variable.variableType)) {
        return [variable];
      }
      const found = given.get(String(variable.name));
      if (found === undefined) {
        return [];
      }
      // A number as its text would be read again; any other text, such as `10.0`, as it stood in a file.
      const isPlain = found.value !== null && String(found.value) === found.displayValue;
      return [
        {
          ...variable,
          variableType: 'Param',
          valueGeneratorType: 'Values',
          valueGeneratorSettings: { values: [isPlain ? found.value : found.displayValue] },
        },
      ];
    }),
  };
}
