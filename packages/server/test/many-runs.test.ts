/** Writes over many runs take a while in which others are served. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Run } from '@quarry/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paginate } from '../src/api/paging.ts';
import { runsAsJson } from '../src/api/runs/list.ts';
import type { Queries } from '../src/db/database.ts';
import { deleteOutputs } from '../src/db/queries/files-delete.ts';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { numbersOf } from '../src/db/queries/find-runs.ts';
import { insertRuns } from '../src/jobs/runs/insert-runs.ts';
import { planAgain } from '../src/jobs/runs/plan-again.ts';
import { stopUndelivered } from '../src/jobs/runs/stop-undelivered.ts';
import { openWorld, submitJob, type World } from './job-rows-harness.ts';

const RUNS = 6000;
const ALL = Array.from({ length: RUNS }, (_, index) => index + 1);

let base: Awaited<ReturnType<typeof mkdtempDisposable>>;
let world: World;
beforeAll(async () => {
  base = await mkdtempDisposable(join(tmpdir(), 'quarry-many-'));
  world = await openWorld(join(base.path, 'quarry.db'));
  await submitJob(world, 'job', { isOptimization: false, runs: RUNS, retryPolicy: null });
});
afterAll(async () => {
  await world.database[Symbol.asyncDispose]();
  await base.remove();
});

/** Does something inside a write; answers how often others had their turn meanwhile. */
async function turnsDuring(work: (queries: Queries) => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) {
      setImmediate(count);
    }
  };
  await world.database.write(async (queries) => {
    setImmediate(count);
    await work(queries);
    isOver = true;
  });
  return turns;
}

const outcomes = () =>
  world.database.read
    .selectFrom('runs')
    .where('job_id', '=', 'job')
    .groupBy(['outcome', 'attempt'])
    .select(({ fn }) => ['outcome', 'attempt', fn.countAll<number>().as('runs')])
    .execute();

test('runs are planned, stopped and planned again while others are served', async () => {
  const plan = { count: RUNS, values: (index: number) => [String(index)] };
  const planning = await turnsDuring((queries) => insertRuns(queries, 'job', plan, { first: RUNS + 1 }));
  expect(planning).toBeGreaterThan(5);
  const stopping = await turnsDuring(async (queries) => {
    expect(await stopUndelivered(queries, world.clock, 'job')).toBe(2 * RUNS);
  });
  expect(stopping).toBeGreaterThan(3);
  expect(await outcomes()).toEqual([{ outcome: 'stopped', attempt: 1, runs: 2 * RUNS }]);
  const again = await turnsDuring((queries) => planAgain(queries, world.clock, 'job', ALL));
  expect(again).toBeGreaterThan(5);
  expect(await outcomes()).toEqual([
    { outcome: null, attempt: 2, runs: RUNS },
    { outcome: 'stopped', attempt: 1, runs: RUNS },
  ]);
  const [run] = await world.database.read.selectFrom('runs').where('number', '=', 7).selectAll().execute();
  expect(JSON.parse(run!.attempts)).toMatchObject([
    { outcome: 'stopped', failure: { code: 'stopped_by_user' } },
  ]);
  expect(run).toMatchObject({ inputs: '["6"]', batch: null, failure: null, date_completed: null });
});

test('outputs of many runs are deleted while others are served, each digest told once', async () => {
  const { database, clock } = world;
  const files = ALL.map((runNumber) => ({
    ...{
      ownerId: 'u',
      name: 'out',
      typeId: 5,
      sha512: (runNumber % 10).toString().repeat(128),
      sizeBytes: 1,
    },
    output: { jobId: 'job', runNumber, relativePath: 'out', isOfSweep: true },
  }));
  await database.write((queries) => insertFiles(queries, files, () => clock.now()));
  const turns = await turnsDuring(async (queries) => {
    expect(await deleteOutputs(queries, 'job', clock.now())).toHaveLength(10);
  });
  expect(turns).toBeGreaterThan(5);
  const left = await database.read.selectFrom('files').where('deleted_at', 'is', null).selectAll().execute();
  expect(left).toEqual([]);
});

test('a long page of runs with very many outputs is sent in parts, and is whole', async () => {
  const { database } = world;
  const results = JSON.stringify(ALL.slice(0, 1000).map((each) => [`out${each}`, each]));
  await database.write((queries) =>
    queries.updateTable('runs').set({ results }).where('number', '<=', 300).execute(),
  );
  const { read } = world.database;
  const query = { page_size: 200 };
  const url = '/api/v2/jobs/job/runs/?page_size=200';
  const call = { query, version: 'v2', baseUrl: 'http://host', url } as const;
  const numbers = await paginate(call, numbersOf(read, 'job'), (number) => number);
  const names = Array.from({ length: 1001 }, (_, index) => `x${index}`);
  const parts = await Readable.from(
    runsAsJson(read, numbers, { jobId: 'job', names, restart: null }),
  ).toArray();
  expect(parts.length).toBeGreaterThan(200);
  const page = JSON.parse(parts.join(''));
  expect(page).toMatchObject({ count: 2 * RUNS, previous: null });
  expect(page.next).toBe('http://host/api/v2/jobs/job/runs/?page_size=200&page=2&after=200');
  expect(page.results.map(({ displayOrder }: Run) => displayOrder)).toEqual(ALL.slice(0, 200));
  expect(page.results[199].variables).toHaveLength(1001);
});
