import { type Kysely, sql } from 'kysely';

/** Clusters that outlive the jobs on them, with their histories, and which jobs have a share of one. */
const TABLES: Record<string, string> = {
  persistent_clusters: `
    id text PRIMARY KEY,
    owner_id text NOT NULL REFERENCES users (id),
    project_id text REFERENCES projects (id),
    name text NOT NULL,
    core_type text NOT NULL,
    cores_per_slot bigint NOT NULL,
    gpus_per_slot bigint NOT NULL,
    slots bigint NOT NULL,
    walltime_seconds bigint NOT NULL,
    idle_seconds bigint NOT NULL,
    is_low_priority bigint NOT NULL,
    price_per_core_hour text NOT NULL,
    currency text NOT NULL,
    analyses text NOT NULL,
    phase text NOT NULL,
    ending text,
    scheduler text NOT NULL,
    directory text NOT NULL,
    handle text,
    slots_granted bigint,
    hostname text,
    waiting text,
    date_inserted text NOT NULL,
    date_submitted text,
    date_started text,
    date_ended text`,
  persistent_cluster_statuses: `
    id text PRIMARY KEY,
    cluster_id text NOT NULL REFERENCES persistent_clusters (id),
    status text NOT NULL,
    status_date text NOT NULL,
    status_reason text`,
};

const COLUMNS: Record<string, Record<string, string>> = {
  jobs: {
    persistent_cluster_id: 'text REFERENCES persistent_clusters (id)',
    covered_seconds: 'bigint NOT NULL DEFAULT 0',
  },
  clusters: { persistent_id: 'text REFERENCES persistent_clusters (id)' },
};

const INDEXES: Record<string, string> = {
  persistent_clusters_date_index: 'persistent_clusters (date_inserted, id)',
  persistent_clusters_live_index: "persistent_clusters (phase) WHERE phase <> 'stopped'",
  persistent_cluster_statuses_index: 'persistent_cluster_statuses (cluster_id, status_date)',
  jobs_persistent_cluster_index:
    'jobs (persistent_cluster_id, is_completed) WHERE persistent_cluster_id IS NOT NULL',
  clusters_persistent_index: 'clusters (persistent_id, is_ended) WHERE persistent_id IS NOT NULL',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, columns] of Object.entries(TABLES)) {
    await sql`CREATE TABLE ${sql.id(name)} (${sql.raw(columns)})`.execute(db);
  }
  for (const [table, columns] of Object.entries(COLUMNS)) {
    for (const [name, type] of Object.entries(columns)) {
      await sql`ALTER TABLE ${sql.id(table)} ADD COLUMN ${sql.id(name)} ${sql.raw(type)}`.execute(db);
    }
  }
  for (const [name, columns] of Object.entries(INDEXES)) {
    await sql`CREATE INDEX ${sql.id(name)} ON ${sql.raw(columns)}`.execute(db);
  }
}
