import type { ResultFormat } from '@quarry/contract';
import { writeCsv } from './csv.ts';
import { writeJson } from './json.ts';
import { writeParquet } from './parquet.ts';
import type { SweepTable } from './table.ts';

/** What the table of a sweep is written as, in pieces. */
export const RESULT_WRITERS: Record<ResultFormat, (table: SweepTable) => AsyncIterable<string | Uint8Array>> =
  { json: (table) => writeJson(table), csv: writeCsv, parquet: writeParquet };
