import { type Kysely, sql } from 'kysely';

/**
 * A row of a job is some kilobytes wide, so whatever counts or searches 100,000 of them must not touch the rows.
 * Each index holds all that lists filter by; its first columns are what a list is ordered by, or narrowed to most.
 */
const INDEXES = {
  jobs_recent_index: 'date_inserted, id, owner_id, project_id, is_completed, status, name',
  jobs_owner_recent_index: 'owner_id, date_inserted, id, is_completed, status, name',
  jobs_completed_recent_index: 'is_completed, date_inserted, id, owner_id, project_id, status, name',
  jobs_name_index: 'name, id, owner_id, project_id, is_completed, status',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  // The first two of the new ones do their work.
  await sql`DROP INDEX jobs_date_index`.execute(db);
  await sql`DROP INDEX jobs_owner_index`.execute(db);
  // Over ended jobs as well, this one would be taken for counting them, row by row.
  await sql`DROP INDEX jobs_live_index`.execute(db);
  await sql`CREATE INDEX jobs_live_index ON jobs (date_submitted) WHERE is_completed = 0`.execute(db);
  for (const [name, columns] of Object.entries(INDEXES)) {
    await sql`CREATE INDEX ${sql.id(name)} ON jobs (${sql.raw(columns)}) WHERE deleted_at IS NULL`.execute(
      db,
    );
  }
}
