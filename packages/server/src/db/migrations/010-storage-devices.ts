import { type Kysely, sql } from 'kysely';

/** Storage devices with their histories, and which jobs have them. */
const TABLES: Record<string, string> = {
  storage_devices: `
    id text PRIMARY KEY,
    owner_id text NOT NULL REFERENCES users (id),
    project_id text REFERENCES projects (id),
    name text NOT NULL,
    size_bytes bigint NOT NULL,
    used_bytes bigint,
    date_measured text,
    alerted_percent bigint NOT NULL DEFAULT 0,
    settings text NOT NULL,
    status text NOT NULL,
    date_inserted text NOT NULL,
    deleted_at text`,
  storage_device_statuses: `
    id text PRIMARY KEY,
    device_id text NOT NULL REFERENCES storage_devices (id),
    status text NOT NULL,
    status_date text NOT NULL,
    status_reason text`,
  job_storage_devices: `
    job_id text NOT NULL REFERENCES jobs (id),
    device_id text NOT NULL REFERENCES storage_devices (id),
    PRIMARY KEY (job_id, device_id)`,
};

const INDEXES: Record<string, string> = {
  storage_devices_date_index: 'storage_devices (date_inserted, id)',
  storage_device_statuses_index: 'storage_device_statuses (device_id, status_date)',
  job_storage_devices_device_index: 'job_storage_devices (device_id)',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, columns] of Object.entries(TABLES)) {
    await sql`CREATE TABLE ${sql.id(name)} (${sql.raw(columns)})`.execute(db);
  }
  for (const [name, columns] of Object.entries(INDEXES)) {
    await sql`CREATE INDEX ${sql.id(name)} ON ${sql.raw(columns)}`.execute(db);
  }
}
