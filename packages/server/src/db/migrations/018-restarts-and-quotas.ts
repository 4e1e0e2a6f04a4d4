import { type Kysely, sql } from 'kysely';

/** Jobs with several runs that each go on from the run of their number in another job; quotas of storage devices. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE job_inputs ADD COLUMN run_number bigint`.execute(db);
  await sql`CREATE INDEX job_inputs_run_index ON job_inputs (job_id, run_number) WHERE run_number IS NOT NULL`.execute(
    db,
  );
  await db.schema
    .createTable('restarted_runs')
    .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id'))
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('snapshot_id', 'text')
    .addPrimaryKeyConstraint('restarted_runs_key', ['job_id', 'number'])
    .execute();
  await sql`ALTER TABLE storage_devices ADD COLUMN quota_project bigint`.execute(db);
  await sql`ALTER TABLE storage_devices ADD COLUMN is_held bigint NOT NULL DEFAULT 0`.execute(db);
  await sql`CREATE UNIQUE INDEX storage_devices_quota_index ON storage_devices (quota_project) WHERE quota_project IS NOT NULL`.execute(
    db,
  );
}
