import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type UsageReportQuery, usageReportQuery } from '@quarry/contract';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { OWNER, openWorld, type World } from '../../test/job-rows-harness.ts';
import { buildCatalog } from '../catalog/catalog.ts';
import { toInstant } from '../clock.ts';
import { up } from '../db/migrations/026-use-of-jobs.ts';
import { insertCluster } from '../jobs/life/new-cluster.ts';
import { reportUse } from './report.ts';

const NOW = toInstant('2026-04-10T12:00:00Z');
const CATALOG = buildCatalog({
  site: {
    settings: { builtInAnalyses: false, hostSoftware: false },
    aliases: { publicNames: false, coreTypes: {}, analyses: {}, anyVersion: false },
    coreTypes: [],
    analyses: [],
    prices: [],
  },
  host: { hostname: 'test', cores: 4, memoryMb: 16_000, processorInfo: 'Test CPU', gpus: 0 },
  capacity: { cores: 4, gpus: 0, of: 'this host' },
  software: { builtIn: [], found: [] },
});

async function insertJob({ database }: World, id: string, begun: string, ended: string | null, change = {}) {
  await database.write((queries) =>
    queries
      .insertInto('jobs')
      .values({
        ...{ id, owner_id: 'u', project_id: null, name: 'a job', description: '', tags: '[]' },
        ...{
          definition: '{}',
          state: '{}',
          status: 'Executing',
          core_type: 'quartz',
          cores_per_slot: 2,
          slots: 3,
        },
        ...{ is_completed: ended === null ? 0 : 1, is_low_priority: 0, walltime_seconds: 10 },
        ...{ price_per_core_hour: '0.5', currency: 'USD', analysis_names: '[]', analysis_codes: '["a","b"]' },
        ...{ cloned_from: null, waiting: null, output_bytes: 0, date_inserted: toInstant(begun) },
        ...{ date_submitted: toInstant(begun), date_started: toInstant(begun), deleted_at: null },
        date_completed: ended === null ? null : toInstant(ended),
        ...change,
      })
      .execute(),
  );
}

function report(world: World, query: Record<string, string>, now = NOW) {
  const parsed: UsageReportQuery = usageReportQuery.parse(query);
  return reportUse({ queries: world.database.read, catalog: CATALOG, now }, OWNER, parsed);
}

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quarry-usage-'));
  const world = await openWorld(join(folder.path, 'quarry.db'));
  try {
    await run(world);
  } finally {
    await world.database[Symbol.asyncDispose]();
  }
}

const hoursByDay = ({ rows }: Awaited<ReturnType<typeof report>>) =>
  rows.map(({ key, coreHours }) => [key, coreHours]);

test('a job over several days counts with each, also where a day has 23 hours', () =>
  withWorld(async (world) => {
    await insertJob(world, 'a', '2026-03-28T21:00:00Z', '2026-03-30T23:00:00Z');
    const span = { from: '2026-03-28', to: '2026-03-31' };
    expect(hoursByDay(await report(world, span))).toEqual([
      ['2026-03-28', 18],
      ['2026-03-29', 144],
      ['2026-03-30', 138],
      ['2026-03-31', 0],
    ]);
    const berlin = await report(world, { ...span, zone: 'Europe/Berlin' });
    expect(hoursByDay(berlin)).toEqual([
      ['2026-03-28', 12],
      ['2026-03-29', 138],
      ['2026-03-30', 144],
      ['2026-03-31', 6],
    ]);
    expect(berlin.total).toEqual({
      coreHours: 300,
      amounts: [{ amount: '150.00', currency: 'USD' }],
      isOngoing: false,
    });
    expect([berlin.from, berlin.to]).toEqual(['2026-03-27T23:00:00.000000Z', '2026-03-31T22:00:00.000000Z']);
  }));

test('parts of a millisecond are left away as in the cost of a job', () =>
  withWorld(async (world) => {
    const dates = {
      date_started: '2026-04-01T00:00:00.000900Z',
      date_completed: '2026-04-01T00:00:36.000400Z',
      cores_per_slot: 1,
      slots: 1,
    };
    await insertJob(world, 'a', '2026-04-01', '2026-04-02', { ...dates, price_per_core_hour: '100000' });
    for (const by of ['day', 'coreType']) {
      expect((await report(world, { by })).total.amounts[0]?.amount).toBe('1000.00');
    }
  }));

test('only what lies in the span counts, and days add up to what things add up to', () =>
  withWorld(async (world) => {
    await insertJob(world, 'a', '2026-03-01T00:00:00Z', '2026-05-01T00:00:00Z');
    await insertJob(world, 'b', '2026-04-01T06:00:00Z', '2026-04-01T06:00:10Z', { price_per_core_hour: '1' });
    await insertJob(world, 'c', '2026-04-09T12:00:00Z', null, { currency: 'EUR', analysis_codes: '[]' });
    const byDay = await report(world, { from: '2026-04-01T12:00:00Z', to: '2026-04-30' });
    expect(byDay.rows).toHaveLength(10);
    expect(byDay.rows[0]).toMatchObject({ key: '2026-04-01', coreHours: 72, isOngoing: false });
    expect(byDay.rows.at(-1)).toMatchObject({ key: '2026-04-10', coreHours: 144, isOngoing: true });
    const bySoftware = await report(world, { from: '2026-04-01T12:00:00Z', by: 'software' });
    expect(bySoftware.total).toEqual(byDay.total);
    expect(bySoftware.rows).toMatchObject([
      { key: 'a+b', name: 'a + b', coreHours: 1296, amounts: [{ amount: '648.00', currency: 'USD' }] },
      { key: null, name: null, coreHours: 144, amounts: [{ amount: '72.00', currency: 'EUR' }] },
    ]);
    expect((await report(world, { to: '2026-04-02', by: 'software' })).total.isOngoing).toBe(false);
    expect(await report(world, { from: '2027-01-01', to: '2027-02-01' })).toMatchObject({ rows: [] });
  }));

test('what a job used before it got its current cluster counts when it was used', () =>
  withWorld(async (world) => {
    await insertJob(world, 'a', '2026-04-01T00:00:00Z', '2026-04-01T02:00:00Z');
    await world.database.write((queries) => insertCluster(queries, world.clock, world.site, 'a'));
    await world.database.write((queries) =>
      queries
        .updateTable('jobs')
        .set({
          date_started: toInstant('2026-04-03T00:00:00Z'),
          date_completed: toInstant('2026-04-03T01:00:00Z'),
        })
        .execute(),
    );
    expect(hoursByDay(await report(world, { from: '2026-04-01', to: '2026-04-03' }))).toEqual([
      ['2026-04-01', 12],
      ['2026-04-02', 0],
      ['2026-04-03', 6],
    ]);
  }));

test('more things than a report may have rows come as one sum', () =>
  withWorld(async (world) => {
    await world.database.write((queries) =>
      queries
        .insertInto('projects')
        .values(
          Array.from({ length: 1002 }, (_, index) => ({
            ...{ id: `p${index}`, workspace_id: 'w', name: `p${index}`, description: '' },
            ...{ is_default: 0 as const, is_active: 1 as const, date_inserted: NOW },
          })),
        )
        .execute(),
    );
    await Promise.all(
      Array.from({ length: 1002 }, (_, index) => {
        const ended = toInstant(new Date(Date.parse('2026-04-02T00:00:00Z') + index * 1000).toISOString());
        return insertJob(world, `j${index}`, '2026-04-01T00:00:00Z', ended, { project_id: `p${index}` });
      }),
    );
    const { rows, rest, total } = await report(world, { by: 'project' });
    expect(rows).toHaveLength(1000);
    expect(rows[0]).toMatchObject({ key: 'p1001' });
    expect(rest?.coreHours).toBeCloseTo(144 + 144 + 6 / 3600, 5);
    const sum = rows.reduce((hours, { coreHours }) => hours + coreHours, rest!.coreHours);
    expect(sum).toBeCloseTo(total.coreHours, 3);
  }));

test('of a job that was run again before such times were kept, the earlier part ends with its last cluster', () =>
  withWorld(async (world) => {
    const { database, clock, site } = world;
    await insertJob(world, 'a', '2026-04-05T00:00:00Z', '2026-04-05T01:00:00Z');
    await database.write((queries) => insertCluster(queries, clock, site, 'a'));
    await database.write((queries) =>
      queries
        .updateTable('clusters')
        .set({ date_ended: toInstant('2026-04-02T00:30:00Z') })
        .execute(),
    );
    await database.write((queries) => insertCluster(queries, clock, site, 'a'));
    await database.write(async (queries) => {
      await sql`UPDATE jobs SET used_seconds = 3600`.execute(queries);
      await sql`DROP TABLE job_stretches`.execute(queries);
      await sql`DROP INDEX jobs_use_index`.execute(queries);
      await up(queries as never);
    });
    expect(hoursByDay(await report(world, { from: '2026-04-01', to: '2026-04-02' }))).toEqual([
      ['2026-04-01', 3],
      ['2026-04-02', 3],
    ]);
  }));
