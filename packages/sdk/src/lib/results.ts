/** The results of a sweep: as objects, and as files. */
import type { ResultsTable } from '@quarry/contract';
import { fillPath, formatQuery } from '../path.ts';
import type { Transport } from '../transport.ts';
import { type DownloadOptions, downloadFrom } from './download.ts';

type Cell = ResultsTable['rows'][number][number];

/** One run of a results table: apart what it was given, what it gave, and what is known of the run itself. */
export interface ResultRecord {
  run: Record<string, Cell>;
  inputs: Record<string, Cell>;
  outputs: Record<string, Cell>;
}

export interface ResultsDownloadOptions extends Omit<DownloadOptions, 'range'> {
  format: 'csv' | 'parquet';
  /** Only these columns, and `run` before them. */
  columns?: readonly string[];
}

/** The rows of a table as objects; an input and an output may have the same name. */
export function toRecords(table: ResultsTable): ResultRecord[] {
  const groups = { run: 'run', input: 'inputs', output: 'outputs' } as const;
  return table.rows.map((cells) => {
    const record: ResultRecord = { run: {}, inputs: {}, outputs: {} };
    for (const [index, { name, kind }] of table.columns.entries()) {
      record[groups[kind]][name] = cells[index] ?? null;
    }
    return record;
  });
}

/**
 * The table with what has changed since, as `jobs.results` answers it to `since: table.mark`. Columns go by their names, and
 * new outputs are appended; where all runs came, they are the table.
 */
export function mergeResults(table: ResultsTable, changes: ResultsTable): ResultsTable {
  if (changes.isWhole !== false) {
    return changes;
  }
  const columns = [...table.columns];
  const placeOf = new Map(columns.map(({ name }, place) => [name, place]));
  for (const column of changes.columns.filter(({ name }) => !placeOf.has(name))) {
    placeOf.set(column.name, columns.push(column) - 1);
  }
  const widen = (cells: readonly Cell[]) => [
    ...cells,
    ...new Array<Cell>(columns.length - table.columns.length).fill(null),
  ];
  const rows = new Map(
    table.rows.map((cells) => [
      cells[placeOf.get('run')!],
      columns.length === table.columns.length ? cells : widen(cells),
    ]),
  );
  const runAt = changes.columns.findIndex(({ name }) => name === 'run');
  const places = changes.columns.map(({ name }) => placeOf.get(name)!);
  for (const cells of changes.rows) {
    const row = new Array<Cell>(columns.length).fill(null);
    for (const [index, cell] of cells.entries()) {
      row[places[index]!] = cell;
    }
    rows.set(cells[runAt]!, row);
  }
  return {
    ...table,
    ...(changes.mark !== undefined && { mark: changes.mark }),
    columns,
    rows: [...rows.values()],
  };
}

/** Names of columns as the platform takes them. */
export function listedColumns(columns: readonly string[] | undefined): { columns?: string } {
  return columns === undefined ? {} : { columns: columns.join(',') };
}

export function downloadResults(
  transport: Transport,
  jobId: string,
  { format, columns, ...options }: ResultsDownloadOptions,
): Promise<Response> {
  const query = formatQuery({ format, ...listedColumns(columns) });
  const path = fillPath('/api/v2/jobs/:jobId/results/', { jobId }) + query;
  return downloadFrom(transport, path, options);
}
