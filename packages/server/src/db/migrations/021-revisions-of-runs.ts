import { type Kysely, sql } from 'kysely';

/** What the table of a sweep is made of. */
const SHOWN = [
  'date_started',
  'date_completed',
  'outcome',
  'exit_code',
  'is_optimal',
  'inputs',
  'results',
  'usage',
];

/**
 * Which runs have changed since somebody looked. The database counts by itself, since runs are written at a dozen places
 * and one that forgot would show stale results for ever (decisions/041). Planned runs are not counted: their numbers tell
 * which are new. And which jobs have just ended.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE runs ADD COLUMN revision bigint NOT NULL DEFAULT 0`.execute(db);
  await sql`CREATE INDEX runs_revision_index ON runs (job_id, revision, number) WHERE revision > 0`.execute(
    db,
  );
  await sql`CREATE INDEX jobs_ended_index ON jobs (date_completed, id)
    WHERE deleted_at IS NULL AND date_completed IS NOT NULL`.execute(db);
  const isChanged = SHOWN.map((column) => `OLD.${column} IS NOT NEW.${column}`).join(' OR ');
  await sql`CREATE TRIGGER runs_revised AFTER UPDATE OF ${sql.raw(SHOWN.join(', '))} ON runs
    WHEN ${sql.raw(isChanged)}
    BEGIN
      UPDATE runs SET revision = 1 + coalesce(
        (SELECT latest.revision FROM runs AS latest WHERE latest.job_id = NEW.job_id AND latest.revision > 0
         ORDER BY latest.revision DESC LIMIT 1), 0)
      WHERE job_id = NEW.job_id AND number = NEW.number;
    END`.execute(db);
}
