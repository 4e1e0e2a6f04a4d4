import type { ResultsTable } from '@quarry/sdk';
import type { Constraint, Objective } from '../sweep/objective.ts';
import type { Cell } from './read.ts';

/** Runs that have an output and keep all bounds, the best one first. */
export function bestRuns(
  { columns, rows }: ResultsTable,
  { name, goal }: Objective,
  constraints: readonly Constraint[],
  most: number,
): ResultsTable['rows'] {
  const at = (output: string) =>
    columns.findIndex((column) => column.kind === 'output' && column.name === output);
  const objective = at(name);
  if (objective === -1) {
    return [];
  }
  const bounds = constraints.map((constraint) => ({ ...constraint, index: at(constraint.name) }));
  const sign = goal === 'minimize' ? 1 : -1;
  return rows
    .filter((row) => isNumber(row[objective]))
    .filter((row) => bounds.every(({ index, min, max }) => isWithin(row[index], min, max)))
    .toSorted((one, other) => sign * (Number(one[objective]) - Number(other[objective])))
    .slice(0, most);
}

function isNumber(cell: Cell | undefined): cell is number {
  return typeof cell === 'number' && Number.isFinite(cell);
}

function isWithin(cell: Cell | undefined, min: number | null, max: number | null): boolean {
  return isNumber(cell) && (min === null || cell >= min) && (max === null || cell <= max);
}
