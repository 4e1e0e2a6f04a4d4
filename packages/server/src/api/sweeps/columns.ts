import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import { invalidFields } from '../../problems.ts';
import { unknownColumns } from '../../sweeps/analysis/select-columns.ts';
import type { SweepTable } from '../../sweeps/analysis/table.ts';
import { outputVariables } from '../../sweeps/variables.ts';

const NAMES_LISTED = 50;

/** Refuses names that no column has; those of outputs that the job names may be there before a run has printed one. */
export function refuseUnknownColumns(
  field: string,
  names: readonly string[],
  { table, definition }: { table: SweepTable; definition: StoredDefinition },
): void {
  const { optimizer } = definition;
  const expected = new Set([
    ...outputVariables(definition).map(({ name }) => name),
    ...(optimizer === null
      ? []
      : [optimizer.objective.name, ...optimizer.constraints.map(({ name }) => name)]),
  ]);
  const unknown = unknownColumns(table, names).filter((name) => !expected.has(name));
  if (unknown.length === 0) {
    return;
  }
  const known = [...new Set([...table.columns.map(({ name }) => name), ...expected])];
  const rest = known.length > NAMES_LISTED ? ` and ${known.length - NAMES_LISTED} more` : '';
  throw invalidFields({
    [field]: unknown.map(
      (name) => `There is no column "${name}". There is: ${known.slice(0, NAMES_LISTED).join(', ')}${rest}.`,
    ),
  });
}
