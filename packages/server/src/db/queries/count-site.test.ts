import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from '../open.ts';
import { kyselyDatabase, openSqliteFile } from '../sqlite.ts';
import type { Tables } from '../tables.ts';
import { countBlobs, countSite } from './count-site.ts';
import { type EventFilter, listEvents } from './list-events.ts';

/** Queries of some work on a fresh database, each with the steps by which SQLite answers it. */
async function plansOf(work: (queries: Kysely<Tables>) => Promise<unknown>) {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quarry-counts-'));
  const path = join(directory.path, 'quarry.db');
  await (await openDatabase(path))[Symbol.asyncDispose]();
  const file = openSqliteFile(path, 'read');
  const seen: CompiledQuery[] = [];
  const queries = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselyDatabase(file) }),
    log: (event) => void seen.push(event.query),
  });
  await work(queries);
  const plans = seen.map(({ sql, parameters }) => ({
    sql,
    steps: file
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...(parameters as string[]))
      .map(({ detail }) => String(detail)),
  }));
  file.close();
  return plans;
}

test('what is under way is counted without a look at what has ended', async () => {
  const plans = await plansOf(countSite);
  const steps = plans.flatMap((plan) => plan.steps).filter((step) => /\b(jobs|runs|clusters)\b/.test(step));
  expect(steps).toEqual([
    expect.stringMatching(
      /^SEARCH jobs USING (COVERING )?INDEX jobs_completed_recent_index \(is_completed=\?\)/,
    ),
    expect.stringMatching(/^SCAN runs USING (COVERING )?INDEX runs_planned_index/),
    expect.stringMatching(/^SEARCH clusters USING INDEX clusters_live_index/),
  ]);
});

test('contents are counted all, those that are gone left out, and a stop ends it', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quarry-counts-'));
  await using database = await openDatabase(join(directory.path, 'quarry.db'));
  const digest = (number: number) => number.toString(16).padStart(128, '0');
  const rows = Array.from({ length: 2500 }, (_, number) => ({
    sha512: digest(number),
    size_bytes: number,
    date_inserted: '2026-01-05T09:00:00.000000Z',
    collected_at: number % 2 === 0 ? null : '2026-01-05T09:00:00.000000Z',
  }));
  await database.write(async (queries) => {
    for (let start = 0; start < rows.length; start += 500) {
      await queries
        .insertInto('blobs')
        .values(rows.slice(start, start + 500))
        .execute();
    }
  });
  const even = rows.filter(({ collected_at }) => collected_at === null);
  expect(await countBlobs(database.read, new AbortController().signal)).toEqual({
    blobs: even.length,
    bytes: even.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
  });
  expect(await countBlobs(database.read, AbortSignal.abort())).toBeNull();
});

test.each([
  [{}, /INTEGER PRIMARY KEY/],
  [{ actors: ['u'] }, /INDEX events_actor_index/],
  [{ subject: 'job:x' }, /INDEX events_subject_index/],
  [{ verb: 'refused' }, /INDEX events_verb_index/],
  [{ since: '2026' }, /INTEGER PRIMARY KEY|INDEX events_date_index/],
] as Array<[EventFilter, RegExp]>)(
  'a page of the log of events by %j is read in its order',
  async (filter, step) => {
    const plans = await plansOf((queries) =>
      listEvents(queries, filter).rows({ limit: 26, offset: 0, after: '1000' }),
    );
    const steps = plans.flatMap((plan) => plan.steps);
    expect(steps[0]).toMatch(/^(SCAN|SEARCH) events/);
    expect(steps[0]).toMatch(step);
    expect(steps.join('\n')).not.toContain('TEMP B-TREE');
  },
);
