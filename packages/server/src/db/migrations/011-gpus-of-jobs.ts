import { type Kysely, sql } from 'kysely';

/** GPUs of each slot of a job: what a scheduler hands out must not change with the catalogue. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE jobs ADD COLUMN gpus_per_slot bigint NOT NULL DEFAULT 0`.execute(db);
}
