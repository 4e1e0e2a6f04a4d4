import { type Kysely, sql } from 'kysely';

/** Statuses are numbered through over all jobs, so that whoever follows them can say how far they have come. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE job_statuses ADD COLUMN seq bigint`.execute(db);
  await sql`UPDATE job_statuses SET seq = rowid`.execute(db);
  await sql`CREATE UNIQUE INDEX job_statuses_seq_index ON job_statuses (seq)`.execute(db);
}
