import type { ParsedJobVariable } from '@quarry/contract';
import type { StoredDefinition } from '../../jobs/definition.ts';

const INPUT_TYPES: ReadonlySet<string> = new Set(['Param', 'Design', 'Case']);

/** The variables whose values a run carries as `inputs`, in that order. */
export function inputVariables({
  jobvariables,
}: Pick<StoredDefinition, 'jobvariables'>): ParsedJobVariable[] {
  return jobvariables
    .filter(({ variableType }) => INPUT_TYPES.has(variableType))
    .toSorted((one, other) => one.displayOrder - other.displayOrder);
}

/** The number that a text says in decimal, or null; blanks around it do not count, `Infinity` and `0x1f` are texts. */
export function numberOf(text: string): number | null {
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
