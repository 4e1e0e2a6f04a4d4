import { type Kysely, sql } from 'kysely';

/**
 * What pipelines write on jobs: fields of their own, tags in the form by which they are compared and so found, and the jobs
 * that a job starts after. Clusters say which host they are on.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE jobs ADD COLUMN custom_fields text NOT NULL DEFAULT '{}'`.execute(db);
  await sql`ALTER TABLE clusters ADD COLUMN hostname text`.execute(db);
  await sql`CREATE INDEX clusters_recent_index ON clusters (date_inserted, id, job_id, is_ended)`.execute(db);
  await db.schema
    .createTable('job_tags')
    .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id'))
    .addColumn('normalized_name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('job_tags_key', ['normalized_name', 'job_id'])
    .execute();
  await sql`CREATE INDEX job_tags_job_index ON job_tags (job_id)`.execute(db);
  await db.schema
    .createTable('job_dependencies')
    .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id'))
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('on_job_id', 'text', (column) => column.notNull())
    .addColumn('condition', 'text', (column) => column.notNull())
    .addColumn('verdict', 'text')
    .addPrimaryKeyConstraint('job_dependencies_key', ['job_id', 'position'])
    .execute();
  await sql`CREATE INDEX job_dependencies_open_index ON job_dependencies (on_job_id, job_id) WHERE verdict = 'open'`.execute(
    db,
  );
  await fillTags(db as Kysely<Before>);
}

interface Before {
  jobs: { id: string; tags: string };
  job_tags: { job_id: string; normalized_name: string };
}

/** Tags that jobs have already; lower case is that of JavaScript, since SQLite knows that of ASCII alone. */
async function fillTags(db: Kysely<Before>): Promise<void> {
  const jobs = await db.selectFrom('jobs').where('tags', '!=', '[]').select(['id', 'tags']).execute();
  for (const { id, tags } of jobs) {
    const names = new Set((JSON.parse(tags) as string[]).map((name) => name.toLowerCase()));
    for (const normalized_name of names) {
      await db.insertInto('job_tags').values({ job_id: id, normalized_name }).execute();
    }
  }
}
