import { Readable } from 'node:stream';
import { getJobResults, type ResultFormat } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { readSweepRuns } from '../../db/queries/find-sweep-table.ts';
import { Answer, route } from '../../http/route.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import { RESULT_WRITERS } from '../../sweeps/analysis/result-formats.ts';
import { readSweepTable } from '../../sweeps/analysis/table.ts';
import { inputNames } from '../../sweeps/variables.ts';
import type { SweepsContext } from './context.ts';

const MEDIA_TYPES: Record<ResultFormat, string> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

export const results = ({ database }: SweepsContext) =>
  route(getJobResults, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    const definition = readDefinition(job.definition);
    const format = call.query.format ?? 'json';
    const headers: Record<string, string> = {
      'content-type': MEDIA_TYPES[format],
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
    const body = Readable.from(RESULT_WRITERS[format](table), { objectMode: false });
    return format === 'parquet' ? new Answer(200, headers, body) : Answer.text(headers, body);
  });
