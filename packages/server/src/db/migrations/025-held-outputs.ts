import { type Kysely, sql } from 'kysely';

/** Directories of clusters with outputs that could be kept nowhere else, however the job has ended. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE clusters ADD COLUMN holds_outputs bigint NOT NULL DEFAULT 0`.execute(db);
  await sql`UPDATE clusters SET holds_outputs = 1
    WHERE job_id IN (SELECT id FROM jobs WHERE state LIKE '%"output_lost"%')`.execute(db);
}
