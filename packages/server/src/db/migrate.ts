import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import * as initial from './migrations/001-initial.ts';
import * as indexListsOfJobs from './migrations/002-index-lists-of-jobs.ts';
import * as sweeps from './migrations/003-sweeps.ts';
import * as transfers from './migrations/004-transfers.ts';
import * as outputsNotKept from './migrations/005-outputs-not-kept.ts';
import * as lostRuns from './migrations/006-lost-runs.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS = {
  '001-initial': initial,
  '002-index-lists-of-jobs': indexListsOfJobs,
  '003-sweeps': sweeps,
  '004-transfers': transfers,
  '005-outputs-not-kept': outputsNotKept,
  '006-lost-runs': lostRuns,
};

/** Brings the schema up to date; refuses a database that a newer Quarry has written. */
export async function migrate(queries: Kysely<Tables>): Promise<void> {
  const { error } = await migratorOf(queries).migrateToLatest();
  if (error) {
    throw new Error(
      'The database could not be brought to the schema of this version of Quarry. If a newer version wrote it, run that version.',
      { cause: error },
    );
  }
}

/** Whether the schema is that of an earlier version, which the next start of the server brings up to date. */
export async function isBehind(queries: Kysely<Tables>): Promise<boolean> {
  const migrations = await migratorOf(queries).getMigrations();
  return migrations.some(({ executedAt }) => executedAt === undefined);
}

function migratorOf(queries: Kysely<Tables>): Migrator {
  return new Migrator({
    db: queries as unknown as Kysely<unknown>,
    provider: { getMigrations: async () => MIGRATIONS },
  });
}
