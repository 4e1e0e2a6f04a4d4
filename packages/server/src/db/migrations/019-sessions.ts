import { type Kysely, sql } from 'kysely';

/** How people are signed in to the portal, and what it keeps for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('way', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.references('api_keys.id'))
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('cookie_hash', 'text', (column) => column.notNull())
    .addColumn('user_agent', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .addColumn('last_used_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('sign_in_codes')
    .addColumn('code_hash', 'text', (column) => column.primaryKey())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('key_id', 'text', (column) => column.references('api_keys.id'))
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute();
  await sql`ALTER TABLE users ADD COLUMN password_hash text`.execute(db);
  await sql`ALTER TABLE users ADD COLUMN preferences text NOT NULL DEFAULT '{}'`.execute(db);
  await sql`CREATE INDEX sign_in_codes_user_index ON sign_in_codes (user_id, date_inserted)`.execute(db);
  await sql`CREATE INDEX sessions_user_index ON sessions (user_id, date_inserted)`.execute(db);
  await sql`CREATE INDEX sessions_key_index ON sessions (key_id) WHERE key_id IS NOT NULL`.execute(db);
}
