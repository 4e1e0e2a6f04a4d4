import { type Kysely, sql } from 'kysely';

/**
 * Statuses are numbered through over all jobs, so that whoever follows them can say how far they have come. Runs that take
 * long have a series of what they use.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE job_statuses ADD COLUMN seq bigint`.execute(db);
  await sql`UPDATE job_statuses SET seq = rowid`.execute(db);
  await sql`CREATE UNIQUE INDEX job_statuses_seq_index ON job_statuses (seq)`.execute(db);
  await db.schema
    .createTable('run_usage')
    .addColumn('job_id', 'text', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('attempt', 'bigint', (column) => column.notNull())
    .addColumn('begun_at', 'text', (column) => column.notNull())
    .addColumn('resolution_seconds', 'bigint', (column) => column.notNull())
    .addColumn('points', 'text', (column) => column.notNull())
    .addColumn('latest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('run_usage_key', ['job_id', 'number'])
    .addForeignKeyConstraint('run_usage_job', ['job_id'], 'jobs', ['id'])
    .execute();
}
