import { type Kysely, sql } from 'kysely';

/**
 * Jobs of many runs: what varies and what came out stands on the run itself, as lists in the order of the job's
 * variables (decisions/006). A job that runs again gets a further cluster, so it names the one that counts.
 */
const COLUMNS: Record<string, Record<string, string>> = {
  jobs: {
    cluster_id: 'text',
    is_sweep: 'bigint NOT NULL DEFAULT 0',
    expected_runs: 'bigint',
    optimization: 'text',
    used_seconds: 'double precision NOT NULL DEFAULT 0',
    usage: 'text',
  },
  job_inputs: { role: "text NOT NULL DEFAULT 'input'" },
  clusters: { slots_granted: 'bigint' },
  runs: {
    type: 'bigint NOT NULL DEFAULT 3',
    parent: 'bigint',
    is_optimal: 'bigint NOT NULL DEFAULT 0',
    attempt: 'bigint NOT NULL DEFAULT 1',
    attempts: "text NOT NULL DEFAULT '[]'",
    inputs: "text NOT NULL DEFAULT '[]'",
    results: "text NOT NULL DEFAULT '[]'",
    usage: 'text',
    stop_requested: 'bigint NOT NULL DEFAULT 0',
  },
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, columns] of Object.entries(COLUMNS)) {
    for (const [name, type] of Object.entries(columns)) {
      await sql`ALTER TABLE ${sql.id(table)} ADD COLUMN ${sql.id(name)} ${sql.raw(type)}`.execute(db);
    }
  }
  await sql`UPDATE jobs SET cluster_id = (SELECT id FROM clusters WHERE clusters.job_id = jobs.id)`.execute(
    db,
  );
  await sql`UPDATE jobs SET expected_runs = 1`.execute(db);
  await sql`CREATE INDEX runs_planned_index ON runs (job_id, number) WHERE batch IS NULL AND outcome IS NULL`.execute(
    db,
  );
  await sql`CREATE INDEX runs_stopping_index ON runs (job_id) WHERE stop_requested = 1 AND outcome IS NULL`.execute(
    db,
  );
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('answer', 'text', (column) => column.notNull())
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_key', ['user_id', 'key'])
    .execute();
  await sql`CREATE INDEX idempotency_keys_date_index ON idempotency_keys (date_inserted)`.execute(db);
}
