import { Readable } from 'node:stream';
import { listJobRuns, type Page, type Run } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { numbersOf, readRuns } from '../../db/queries/find-runs.ts';
import { Answer, route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { inMemory, paginate } from '../paging.ts';
import { ChosenRuns } from './chosen-runs.ts';
import { ofJob, runsToWire } from './of-job.ts';
import type { OfJob } from './to-wire.ts';

/** Longer pages are sent as they are read: a run may have thousands of outputs, and a page a thousand runs. */
const RUNS_IN_MEMORY = 25;

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

export const list = ({ database: { read } }: Pick<JobsContext, 'database'>) => {
  const chosen = new ChosenRuns(read);
  return route(listJobRuns, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const shown = { jobId: job.id, ...ofJob(job) };
    const { page: _page, page_size: _size, ...choice } = call.query;
    const isChoice = Object.values(choice).some((value) => value !== undefined);
    const source = isChoice ? inMemory(await chosen.find(job, choice)) : numbersOf(read, job.id);
    const page = await paginate(call, source, (number) => number);
    if (page.results.length > RUNS_IN_MEMORY) {
      return Answer.text(JSON_HEADERS, Readable.from(runsAsJson(read, page, shown), { objectMode: false }));
    }
    const results: Run[] = [];
    for await (const runs of runsOf(read, page, shown)) {
      results.push(...runs);
    }
    return { ...page, results };
  });
};

interface Shown extends OfJob {
  jobId: string;
}

/** A page of numbers of runs as JSON of these runs, piece by piece. */
export async function* runsAsJson(read: Queries, page: Page<number>, shown: Shown): AsyncGenerator<string> {
  const { results: _, ...rest } = page;
  yield `${JSON.stringify(rest).slice(0, -1)},"results":[`;
  let separator = '';
  for await (const runs of runsOf(read, page, shown)) {
    for (const run of runs) {
      yield separator + JSON.stringify(run);
      separator = ',';
    }
  }
  yield ']}';
}

async function* runsOf(
  read: Queries,
  { results: numbers }: Page<number>,
  { jobId, ...shown }: Shown,
): AsyncGenerator<Run[]> {
  for await (const rows of readRuns(read, { jobId, numbers })) {
    yield await runsToWire(read, jobId, { rows, shown });
  }
}
