import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import * as initial from './migrations/001-initial.ts';
import * as indexListsOfJobs from './migrations/002-index-lists-of-jobs.ts';
import * as sweeps from './migrations/003-sweeps.ts';
import * as transfers from './migrations/004-transfers.ts';
import * as outputsNotKept from './migrations/005-outputs-not-kept.ts';
import * as lostRuns from './migrations/006-lost-runs.ts';
import * as indexEvents from './migrations/007-index-events.ts';
import * as seriesOfJobs from './migrations/008-series-of-jobs.ts';
import * as pipelines from './migrations/009-pipelines.ts';
import * as storageDevices from './migrations/010-storage-devices.ts';
import * as gpusOfJobs from './migrations/011-gpus-of-jobs.ts';
import * as snapshots from './migrations/012-snapshots.ts';
import * as ssh from './migrations/013-ssh.ts';
import * as filesOfAgents from './migrations/014-files-of-agents.ts';
import * as deliveries from './migrations/015-deliveries.ts';
import * as tasks from './migrations/016-tasks.ts';
import * as persistentClusters from './migrations/017-persistent-clusters.ts';
import * as restartsAndQuotas from './migrations/018-restarts-and-quotas.ts';
import * as sessions from './migrations/019-sessions.ts';
import * as listsOfJobs from './migrations/020-lists-of-jobs.ts';
import * as revisionsOfRuns from './migrations/021-revisions-of-runs.ts';
import * as makersOfLinks from './migrations/023-makers-of-links.ts';
import * as jobTemplates from './migrations/024-job-templates.ts';
import * as heldOutputs from './migrations/025-held-outputs.ts';
import * as useOfJobs from './migrations/026-use-of-jobs.ts';
import type { Tables } from './tables.ts';
import { readWriter, rememberWriter } from './written-by.ts';

const MIGRATIONS = {
  '001-initial': initial,
  '002-index-lists-of-jobs': indexListsOfJobs,
  '003-sweeps': sweeps,
  '004-transfers': transfers,
  '005-outputs-not-kept': outputsNotKept,
  '006-lost-runs': lostRuns,
  '007-index-events': indexEvents,
  '008-series-of-jobs': seriesOfJobs,
  '009-pipelines': pipelines,
  '010-storage-devices': storageDevices,
  '011-gpus-of-jobs': gpusOfJobs,
  '012-snapshots': snapshots,
  '013-ssh': ssh,
  '014-files-of-agents': filesOfAgents,
  '015-deliveries': deliveries,
  '016-tasks': tasks,
  '017-persistent-clusters': persistentClusters,
  '018-restarts-and-quotas': restartsAndQuotas,
  '019-sessions': sessions,
  '020-lists-of-jobs': listsOfJobs,
  '021-revisions-of-runs': revisionsOfRuns,
  '023-makers-of-links': makersOfLinks,
  '024-job-templates': jobTemplates,
  '025-held-outputs': heldOutputs,
  '026-use-of-jobs': useOfJobs,
};
const LAST = Object.keys(MIGRATIONS).at(-1)!;

/** The database is that of a later version, whose tables this one does not know; nothing was changed in it. */
export class DatabaseNewerError extends Error {
  override readonly name = 'DatabaseNewerError';

  constructor(unknown: readonly string[], writer: string | null, version: string) {
    const whose = writer === null ? 'a later version of Quarry' : `Quarry ${writer}`;
    super(
      `The data directory was written by ${whose}, and this is Quarry ${version}: the database has ${unknown.join(', ')}, of which this version knows nothing (its last is ${LAST}). Nothing was changed in it. Run ${whose} or a later one, or restore a backup that was made before it.`,
    );
  }
}

/** Brings the schema up to date. Throws DatabaseNewerError when a later version has written it. */
export async function migrate(queries: Kysely<Tables>, version: string): Promise<void> {
  const unknown = await findUnknown(queries);
  if (unknown.length > 0) {
    throw new DatabaseNewerError(unknown, await readWriter(queries), version);
  }
  const { error } = await migratorOf(queries).migrateToLatest();
  if (error) {
    throw new Error(`The database could not be brought to the schema of Quarry ${version}.`, {
      cause: error,
    });
  }
  await rememberWriter(queries, version);
}

/** Migrations that have been made here and are not known to this version. */
export async function findUnknown(queries: Kysely<Tables>): Promise<string[]> {
  const { rows: tables } = await sql`
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'kysely_migration'`.execute(queries);
  if (tables.length === 0) {
    return [];
  }
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(
    queries,
  );
  return rows.map(({ name }) => name).filter((name) => !Object.hasOwn(MIGRATIONS, name));
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
