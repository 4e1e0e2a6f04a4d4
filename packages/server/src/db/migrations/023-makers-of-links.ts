import { type Kysely, sql } from 'kysely';

/** Who made a link that sets somebody's password: it is good no longer than they may make one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE sign_in_codes ADD COLUMN maker_id text REFERENCES users(id)`.execute(db);
  await sql`ALTER TABLE sign_in_codes ADD COLUMN maker_key_id text REFERENCES api_keys(id)`.execute(db);
}
