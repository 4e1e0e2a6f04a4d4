import { type Kysely, sql } from 'kysely';

/**
 * When jobs were executed on clusters of their own before the current one. What is there already is known as a sum only: it
 * counts as one stretch before the end of the last of these clusters.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE job_stretches (
    job_id text NOT NULL REFERENCES jobs (id),
    date_started text NOT NULL,
    date_ended text NOT NULL)`.execute(db);
  await sql`CREATE INDEX job_stretches_date_index ON job_stretches (date_started, date_ended, job_id)`.execute(
    db,
  );
  await sql`INSERT INTO job_stretches (job_id, date_started, date_ended)
    SELECT id,
      strftime('%Y-%m-%dT%H:%M:%f', julianday(ended) - used_seconds / 86400.0) || '000Z',
      strftime('%Y-%m-%dT%H:%M:%f', ended) || '000Z'
    FROM (
      SELECT jobs.id, jobs.used_seconds, coalesce(
        (SELECT max(clusters.date_ended) FROM clusters
          WHERE clusters.job_id = jobs.id AND clusters.id <> jobs.cluster_id AND clusters.persistent_id IS NULL),
        (SELECT date_inserted FROM clusters WHERE clusters.id = jobs.cluster_id),
        jobs.date_inserted) AS ended
      FROM jobs WHERE jobs.used_seconds > 0)`.execute(db);
  await sql`CREATE INDEX jobs_use_index ON jobs (
    date_started, date_completed, owner_id, project_id, core_type, analysis_codes, price_per_core_hour, currency,
    cores_per_slot, slots, cluster_id, persistent_cluster_id)
    WHERE date_started IS NOT NULL AND persistent_cluster_id IS NULL`.execute(db);
}
