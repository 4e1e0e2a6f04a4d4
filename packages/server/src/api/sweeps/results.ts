import { Readable } from 'node:stream';
import { getJobResults, type ResultFormat } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { readSweepRuns } from '../../db/queries/find-sweep-table.ts';
import { Answer, route } from '../../http/route.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import { writeCsv } from '../../sweeps/analysis/csv.ts';
import { writeJson } from '../../sweeps/analysis/json.ts';
import { writeParquet } from '../../sweeps/analysis/parquet.ts';
import { readSweepTable, type SweepTable } from '../../sweeps/analysis/table.ts';
import { inputNames } from '../../sweeps/variables.ts';
import type { SweepsContext } from './context.ts';

interface Format {
  mediaType: string;
  write(table: SweepTable): AsyncIterable<string | Uint8Array>;
}

const FORMATS: Record<ResultFormat, Format> = {
  json: { mediaType: 'application/json; charset=utf-8', write: writeJson },
  csv: { mediaType: 'text/csv; charset=utf-8; header=present', write: writeCsv },
  parquet: { mediaType: 'application/vnd.apache.parquet', write: writeParquet },
};

export const results = ({ database }: SweepsContext) =>
  route(getJobResults, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    const definition = readDefinition(job.definition);
    const format = call.query.format ?? 'json';
    const { mediaType, write } = FORMATS[format];
    const headers: Record<string, string> = {
      'content-type': mediaType,
      ...(format === 'json'
        ? {}
        : { 'content-disposition': `attachment; filename="${job.id}-results.${format}"` }),
    };
    const table = await readSweepTable(() => readSweepRuns(database.read, job.id), {
      inputs: inputNames(definition),
      hasOptimum: definition.optimizer !== null,
    });
    for (const warning of table.warnings) {
      call.warn(warning);
    }
    const body = Readable.from(write(table), { objectMode: false });
    return format === 'parquet' ? new Answer(200, headers, body) : Answer.text(headers, body);
  });
