import type { Cell, SweepTable, TableColumn } from './table.ts';

const RUN = 'run';

/**
 * Some columns of a table in the order of the table, the number of the run first; those that no run has printed yet come
 * last, without values.
 */
export function selectColumns(table: SweepTable, wanted: readonly string[]): SweepTable {
  const names = new Set([RUN, ...wanted]);
  const places = [...table.columns.keys()].filter((place) => names.has(table.columns[place]!.name));
  const missing = unknownColumns(table, [...names]);
  const nothing = missing.map((): Cell => null);
  return {
    ...table,
    columns: [
      ...places.map((place) => table.columns[place]!),
      ...missing.map((name): TableColumn => ({ name, kind: 'output', type: 'number', holds: 'double' })),
    ],
    async *rows() {
      for await (const rows of table.rows()) {
        yield rows.map((cells) => [...places.map((place) => cells[place]!), ...nothing]);
      }
    },
  };
}

/** Those of the names that the table has no column of. */
export function unknownColumns(table: SweepTable, names: readonly string[]): string[] {
  const known = new Set(table.columns.map(({ name }) => name));
  return names.filter((name) => !known.has(name));
}
