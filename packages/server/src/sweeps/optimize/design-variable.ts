import type { ParsedJobVariable } from '@quarry/contract';
import { Problems } from '../design/problems.ts';
import { Settings } from '../design/settings.ts';
import type { DesignVariable } from './problem.ts';

/** The range that an optimizer may choose from for a variable; undefined when its settings are wrong, which they tell. */
export function readDesignVariable(
  { name }: Pick<ParsedJobVariable, 'name'>,
  settings: Settings,
): DesignVariable | undefined {
  settings.only(['minvalue', 'maxvalue', 'integer', 'increment'], 'A Design variable');
  const isInteger = settings.boolean('integer') ?? false;
  const increment = settings.optionalNumber('increment');
  const range = settings.range();
  if (!range) {
    return undefined;
  }
  const min = isInteger ? Math.ceil(range.min) : range.min;
  const max = isInteger ? Math.floor(range.max) : range.max;
  if (min >= max || !Number.isFinite(max - min)) {
    const nothing = isInteger ? 'there are not two integers to choose from' : 'there is nothing to search';
    settings.fail('maxvalue', `Between minvalue and maxvalue, ${range.min} and ${range.max}, ${nothing}.`);
  }
  if (increment !== undefined && !(increment > 0 && increment <= max - min)) {
    settings.fail(
      'increment',
      `Ensure this value is greater than 0 and no more than the range, ${max - min}.`,
    );
  } else if (increment !== undefined && isInteger && !Number.isInteger(increment)) {
    settings.fail('increment', 'A valid integer is required: the variable takes integers only.');
  }
  const nominal = settings.numericNominal();
  if (nominal !== undefined && (nominal < range.min || nominal > range.max)) {
    settings.fail(
      'nominal',
      `Ensure this value is between minvalue and maxvalue, ${range.min} and ${range.max}.`,
    );
  }
  if (settings.failed) {
    return undefined;
  }
  return { name, min, max, step: increment ?? (isInteger ? 1 : null), nominal: nominal ?? null };
}

/** The same of a definition that has been checked. */
export function toDesignVariable(variable: ParsedJobVariable): DesignVariable {
  const settings = new Settings(variable.valueGeneratorSettings, 0, new Problems());
  const found = readDesignVariable(variable, settings);
  if (!found) {
    throw new Error(`The Design variable ${variable.name} was stored with wrong settings.`);
  }
  return found;
}
