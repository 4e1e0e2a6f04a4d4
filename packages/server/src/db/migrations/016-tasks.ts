import { type Kysely, sql } from 'kysely';

/** What takes long and goes on by itself, and for a while what has become of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tasks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('owner_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('asked_by_job', 'text')
    .addColumn('subject_type', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'text', (column) => column.notNull())
    .addColumn('wish', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('progress_done', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('progress_of', 'bigint')
    .addColumn('result', 'text')
    .addColumn('error', 'text')
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .addColumn('date_started', 'text')
    .addColumn('date_ended', 'text')
    .addColumn('expires_at', 'text')
    .execute();
  await sql`CREATE INDEX tasks_owner_index ON tasks (owner_id, date_inserted, id)`.execute(db);
  await sql`CREATE INDEX tasks_date_index ON tasks (date_inserted, id)`.execute(db);
  await sql`CREATE INDEX tasks_subject_index ON tasks (subject_type, subject_id)`.execute(db);
  await sql`CREATE INDEX tasks_state_index ON tasks (state, date_inserted, id)`.execute(db);
  await sql`CREATE INDEX tasks_expiry_index ON tasks (expires_at) WHERE expires_at IS NOT NULL`.execute(db);
}
