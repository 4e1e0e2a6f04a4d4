import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../access/caller.ts';
import { openDatabase } from '../open.ts';
import { kyselyDatabase, openSqliteFile } from '../sqlite.ts';
import type { Role, Tables } from '../tables.ts';
import { countJobs, listJobs } from './list-jobs.ts';

let directory: string;
let file: ReturnType<typeof openSqliteFile>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-lists-'));
  const path = join(directory, 'quarry.db');
  await (await openDatabase(path))[Symbol.asyncDispose]();
  file = openSqliteFile(path, 'read');
});
afterAll(async () => {
  file.close();
  await rm(directory, { recursive: true, force: true });
});

const FILTERS = [
  {},
  { state: 'completed' as const },
  { state: 'not_completed' as const },
  { job_status: 'completed' as const },
  { t: '1' as const },
  { f: '1' as const },
  { search: 'wing' },
  { ordering: 'name' as const },
  { ordering: 'dateInserted' as const, search: 'wing', state: 'completed' as const },
  { outcome: ['failed'], software: 'openfoam', coreType: 'quartz', project: 'p' },
  { owner: 'u@e', from: '2026-01-05', to: '2026-01-05' },
  { endedFrom: '2026-01-05', f: '1' as const },
  { ordering: '-status' as const },
  { ordering: 'duration' as const },
  { ordering: '-cost' as const },
  { ordering: 'owner' as const, state: 'completed' as const },
];

const OF_LISTS = /INDEX jobs_(recent|owner_recent|completed_recent|name|figures)_index/;
/** How the rows of the page itself are fetched, once its ids are known. */
const BY_ID = /INDEX sqlite_autoindex_jobs_1/;

test.each(['admin', 'manager', 'member'] as const)(
  'lists for the role %s choose their jobs from an index that holds all they ask for',
  async (role) => {
    for (const filter of FILTERS) {
      for (const { sql, parameters } of await queriesOf(role, filter)) {
        const plan = file.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(parameters as string[]));
        const steps = plan.map(({ detail }) => String(detail)).filter((step) => /\bjobs\b/.test(step));
        const wide = steps.filter((step) => !OF_LISTS.test(step) && !BY_ID.test(step));
        expect(wide, `${JSON.stringify(filter)}: ${sql}`).toEqual([]);
      }
    }
  },
);

async function queriesOf(role: Role, filter: (typeof FILTERS)[number]): Promise<CompiledQuery[]> {
  const seen: CompiledQuery[] = [];
  const queries = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselyDatabase(file) }),
    log: (event) => void seen.push(event.query),
  });
  const caller: Caller = {
    kind: 'user',
    userId: 'u',
    email: 'u@e',
    role,
    workspaceId: 'w',
    credential: { kind: 'key', id: 'k' },
  };
  const list = listJobs(queries, caller, filter as never, '2026-01-05T09:00:00.000000Z');
  await list.count();
  await countJobs(queries, caller, filter as never);
  await list.rows({ limit: 11, offset: 20, after: null });
  return seen;
}
