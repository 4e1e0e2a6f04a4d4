import { type Kysely, sql } from 'kysely';

/** Snapshots of the work directories of runs: those that are made, that are there, and that have failed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE jobs ADD COLUMN snapshot_minutes bigint`.execute(db);
  await sql`ALTER TABLE jobs ADD COLUMN restarted_from text`.execute(db);
  await sql`CREATE INDEX jobs_restarted_index ON jobs (restarted_from) WHERE restarted_from IS NOT NULL AND is_completed = 0`.execute(
    db,
  );
  await sql`CREATE INDEX jobs_snapshots_index ON jobs (id) WHERE snapshot_minutes IS NOT NULL AND is_completed = 0`.execute(
    db,
  );
  await db.schema
    .createTable('snapshots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id'))
    .addColumn('run_number', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('date_requested', 'text', (column) => column.notNull())
    .addColumn('date_completed', 'text')
    .addColumn('file_id', 'text')
    .addColumn('file_count', 'bigint')
    .addColumn('is_cloned', 'bigint')
    .addColumn('changed', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('changed_count', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('skipped', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('skipped_count', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('reason', 'text')
    .execute();
  await sql`CREATE INDEX snapshots_run_index ON snapshots (job_id, run_number, date_requested)`.execute(db);
  // One at a time of each run.
  await sql`CREATE UNIQUE INDEX snapshots_pending_index ON snapshots (job_id, run_number) WHERE state = 'pending'`.execute(
    db,
  );
}
