import { Readable } from 'node:stream';
import { listJobRuns, type Page, type Run } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { numbersOf, readRuns } from '../../db/queries/find-runs.ts';
import { Answer, route } from '../../http/route.ts';
import { inputNames, type StoredDefinition } from '../../jobs/definition/stored.ts';
import { paginate } from '../paging.ts';
import type { RunsContext } from './index.ts';
import { runToWire } from './to-wire.ts';

/** Longer pages are sent as they are read: a run may have thousands of outputs, and a page a thousand runs. */
const RUNS_IN_MEMORY = 25;

export const list = ({ database: { read } }: Pick<RunsContext, 'database'>) =>
  route(listJobRuns, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const names = inputNames(JSON.parse(job.definition) as StoredDefinition);
    const page = await paginate(call, numbersOf(read, job.id), (number) => number);
    const numbers = { jobId: job.id, first: page.results[0] ?? 0, last: page.results.at(-1) ?? -1 };
    if (page.results.length > RUNS_IN_MEMORY) {
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      const body = pageAsJson(read, page, numbers, names);
      return Answer.text(headers, Readable.from(body, { objectMode: false }));
    }
    const results: Run[] = [];
    for await (const rows of readRuns(read, numbers))
      results.push(...rows.map((row) => runToWire(row, names)));
    return { ...page, results };
  });

async function* pageAsJson(
  read: Queries,
  { results: _, ...rest }: Page<number>,
  numbers: Parameters<typeof readRuns>[1],
  names: readonly string[],
): AsyncGenerator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"results":[`;
  let separator = '';
  for await (const rows of readRuns(read, numbers)) {
    for (const row of rows) {
      yield separator + JSON.stringify(runToWire(row, names));
      separator = ',';
    }
  }
  yield ']}';
}
