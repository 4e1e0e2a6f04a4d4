import { type Kysely, sql } from 'kysely';

/**
 * Runs that were cut off by the end of their agent: their directory is kept for a time, so that they can be resumed there,
 * and what was collected of them is marked.
 */
const COLUMNS: Record<string, Record<string, string>> = {
  runs: {
    is_unfinished: 'bigint NOT NULL DEFAULT 0',
    is_resumed: 'bigint NOT NULL DEFAULT 0',
    directory: 'text',
    directory_bytes: 'bigint',
    directory_expires_at: 'text',
  },
  files: { is_unfinished: 'bigint NOT NULL DEFAULT 0' },
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, columns] of Object.entries(COLUMNS)) {
    for (const [name, type] of Object.entries(columns)) {
      await sql`ALTER TABLE ${sql.id(table)} ADD COLUMN ${sql.id(name)} ${sql.raw(type)}`.execute(db);
    }
  }
  await sql`CREATE INDEX runs_directory_index ON runs (job_id, number) WHERE directory IS NOT NULL`.execute(
    db,
  );
}
