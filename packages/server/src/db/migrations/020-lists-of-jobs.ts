import { type Kysely, sql } from 'kysely';

/** What lists of jobs filter by. */
const FILTERS = [
  'id',
  'owner_id',
  'project_id',
  'is_completed',
  'status',
  'outcome',
  'name',
  'core_type',
  'analysis_codes',
  'date_inserted',
];

/** What duration and cost of a job are worked out from; both grow while it executes, so a list by them is sorted each time. */
const FIGURES =
  'executed_seconds, date_started, used_seconds, covered_seconds, slots, cores_per_slot, price_per_core_hour, cluster_id, persistent_cluster_id';

/**
 * As in 002: each holds all that lists filter by, so that no row is touched to count or to search; the first columns are the
 * order. Orders that no index has are sorted from the figures, those of one owner or all.
 */
const INDEXES = {
  jobs_recent_index: `date_inserted, id, ${without('date_inserted', 'id')}`,
  jobs_owner_recent_index: `owner_id, date_inserted, id, ${without('owner_id', 'date_inserted', 'id')}, ${FIGURES}`,
  jobs_completed_recent_index: `is_completed, date_inserted, id, ${without('is_completed', 'date_inserted', 'id')}`,
  jobs_name_index: `name, id, ${without('name', 'id')}`,
  jobs_figures_index: `${FILTERS.join(', ')}, ${FIGURES}`,
};

function without(...order: string[]): string {
  return FILTERS.filter((column) => !order.includes(column)).join(', ');
}

/** Lists of jobs know how jobs ended, how long they took, and by which software. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE jobs ADD COLUMN outcome text`.execute(db);
  await sql`ALTER TABLE jobs ADD COLUMN executed_seconds real`.execute(db);
  await sql`ALTER TABLE jobs ADD COLUMN analysis_codes text NOT NULL DEFAULT '[]'`.execute(db);
  await sql`UPDATE jobs SET analysis_codes = (
    SELECT json_group_array(DISTINCT json_extract(tile.value, '$.analysis.code'))
    FROM json_each(jobs.definition, '$.jobanalyses') AS tile)`.execute(db);
  await sql`UPDATE jobs SET outcome = json_extract(state, '$.outcome'),
    executed_seconds = used_seconds + coalesce(max(0, julianday(date_completed) - julianday(date_started)), 0) * 86400
    WHERE is_completed = 1`.execute(db);
  for (const [name, columns] of Object.entries(INDEXES)) {
    await sql`DROP INDEX IF EXISTS ${sql.id(name)}`.execute(db);
    await sql`CREATE INDEX ${sql.id(name)} ON jobs (${sql.raw(columns)}) WHERE deleted_at IS NULL`.execute(
      db,
    );
  }
}
