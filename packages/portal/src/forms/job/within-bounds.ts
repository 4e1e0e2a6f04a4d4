/** The definition of a sweep with its inputs narrowed: what is in the bounds is looked at more closely. */
import { type Document, isObject } from './document.ts';
import {
  generatorOf,
  isInput,
  nameOfVariable,
  settingOf,
  type Variable,
  withGenerator,
  withSetting,
} from './variables/variables.ts';

/** Where the values of an input are to lie. */
export type InputBounds = { isChosen: boolean } & (
  | { texts: readonly string[] }
  | {
      from: number;
      to: number;
      /** The values that it has had there, where they are few. */
      values: readonly number[] | null;
    }
);

/** `bounds` by the names of the variables. Of a table stays nothing: what it gave is generated inside its bounds, chosen or not. */
export function withinBounds(definition: Document, bounds: ReadonlyMap<string, InputBounds>): Document {
  const { paramFile: _paramFile, caseFile: _caseFile, ...rest } = definition;
  const isNothing = definition.paramFile == null && definition.caseFile == null;
  let variables: Variable[] = Array.isArray(definition.jobvariables)
    ? definition.jobvariables.filter(isObject)
    : [];
  for (const [index, variable] of variables.entries()) {
    const bound = bounds.get(nameOfVariable(variable));
    if (bound === undefined || !isInput(variable)) {
      continue;
    }
    if (variable.variableType !== 'Design' && generatorOf(variable) === null) {
      variables = generated(variables, index, bound);
    } else if (bound.isChosen) {
      variables = narrowed(variables, index, bound);
    }
  }
  return { ...(isNothing ? definition : rest), jobvariables: variables };
}

/** With values of its own for a variable that a table has given. */
function generated(variables: readonly Variable[], index: number, bound: InputBounds): Variable[] {
  const own = replaced(variables, index, { ...variables[index]!, variableType: 'Param' });
  if ('texts' in bound) {
    return withValues(own, index, bound.texts);
  }
  const { from, to, values } = bound;
  if (values !== null || from === to) {
    return withValues(own, index, values ?? [from]);
  }
  const next = withGenerator(own, index, 'LatinHypercube');
  return replaced(next, index, withEnds(next[index]!, from, to));
}

function narrowed(variables: readonly Variable[], index: number, bound: InputBounds): Variable[] {
  const variable = variables[index]!;
  const values = settingOf(variable, 'values');
  if (Array.isArray(values)) {
    const isInside =
      'texts' in bound
        ? (value: unknown) => bound.texts.includes(String(value))
        : (value: unknown) => Number(value) >= bound.from && Number(value) <= bound.to;
    const inside = values.filter(isInside);
    return replaced(variables, index, withSetting(variable, 'values', inside));
  }
  if ('texts' in bound) {
    return [...variables];
  }
  if (bound.from === bound.to && variable.variableType !== 'Design') {
    return withValues(variables, index, [bound.from]);
  }
  return replaced(variables, index, withEnds(variable, bound.from, bound.to));
}

function withEnds(variable: Variable, from: number, to: number): Variable {
  let next = withSetting(withSetting(variable, 'minvalue', from), 'maxvalue', to);
  const clamp = (value: number) => Math.min(to, Math.max(from, value));
  for (const key of ['mode', 'nominal']) {
    const value = settingOf(next, key);
    if (typeof value === 'number') {
      next = withSetting(next, key, clamp(value));
    }
  }
  return next;
}

function withValues(
  variables: readonly Variable[],
  index: number,
  values: readonly (string | number)[],
): Variable[] {
  const next = withGenerator(variables, index, 'Values');
  return replaced(next, index, withSetting(next[index]!, 'values', [...values]));
}

function replaced(variables: readonly Variable[], index: number, variable: Variable): Variable[] {
  return variables.map((each, other) => (other === index ? variable : each));
}
