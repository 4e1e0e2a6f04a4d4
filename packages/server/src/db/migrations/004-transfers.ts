import { type Kysely, sql } from 'kysely';

/**
 * Uploads that can be resumed. Each has at least one part, which is what tus calls an upload; one that is sent as a
 * whole has a single part under its own id. Files tell what a copy of them elsewhere should look like.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('uploads')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('owner_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('type_id', 'bigint', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('is_executable', 'bigint', (column) => column.notNull())
    .addColumn('date_modified', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('file_id', 'text', (column) => column.references('files.id'))
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('upload_parts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('upload_id', 'text', (column) => column.notNull().references('uploads.id'))
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('received_bytes', 'bigint', (column) => column.notNull())
    .execute();
  await sql`CREATE INDEX uploads_owner_index ON uploads (owner_id, date_inserted, id)`.execute(db);
  await sql`CREATE INDEX uploads_expires_index ON uploads (expires_at)`.execute(db);
  await sql`CREATE INDEX upload_parts_upload_index ON upload_parts (upload_id, start)`.execute(db);
  await sql`ALTER TABLE files ADD COLUMN is_executable bigint NOT NULL DEFAULT 0`.execute(db);
  await sql`ALTER TABLE files ADD COLUMN date_modified text`.execute(db);
  await sql`DROP INDEX files_blob_index`.execute(db);
  for (const [name, column] of Object.entries({
    files_blob_index: 'sha512',
    files_size_index: 'size_bytes',
  })) {
    // What a user may read of it is one look, however many files of others are the same.
    await sql`CREATE INDEX ${sql.id(name)} ON files (${sql.id(column)}, owner_id, job_id) WHERE deleted_at IS NULL`.execute(
      db,
    );
  }
}
