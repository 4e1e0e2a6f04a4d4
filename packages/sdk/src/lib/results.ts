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

export function downloadResults(
  transport: Transport,
  jobId: string,
  { format, ...options }: ResultsDownloadOptions,
): Promise<Response> {
  const path = fillPath('/api/v2/jobs/:jobId/results/', { jobId }) + formatQuery({ format });
  return downloadFrom(transport, path, options);
}
