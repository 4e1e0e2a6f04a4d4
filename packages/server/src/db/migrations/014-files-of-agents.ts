import { type Kysely, sql } from 'kysely';

/** Clusters whose agents share no disk with the server: their files are asked for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE clusters ADD COLUMN shares_files bigint NOT NULL DEFAULT 1`.execute(db);
}
