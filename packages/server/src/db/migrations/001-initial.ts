import { type CreateTableBuilder, type Kysely, sql } from 'kysely';

type Columns = Record<string, 'text' | 'text?' | 'integer' | 'integer?'>;

function addColumns(builder: CreateTableBuilder<string, string>, columns: Columns) {
  let table = builder;
  for (const [name, kind] of Object.entries(columns)) {
    const type = kind.startsWith('text') ? 'text' : 'bigint';
    table = table.addColumn(name, type, (column) => (kind.endsWith('?') ? column : column.notNull()));
  }
  return table;
}

export async function up(db: Kysely<unknown>): Promise<void> {
  const withId = (name: string, columns: Columns) =>
    addColumns(
      db.schema.createTable(name).addColumn('id', 'text', (column) => column.primaryKey()) as never,
      columns,
    ) as CreateTableBuilder<string, string>;
  const without = (name: string, columns: Columns) =>
    addColumns(db.schema.createTable(name) as never, columns) as CreateTableBuilder<string, string>;

  await withId('workspaces', {
    name: 'text',
    company_code: 'text',
    company_name: 'text',
    date_inserted: 'text',
  }).execute();
  await withId('users', {
    workspace_id: 'text',
    email: 'text',
    first_name: 'text',
    last_name: 'text',
    role: 'text',
    max_job_hours: 'integer?',
    is_active: 'integer',
    date_inserted: 'text',
  })
    .addForeignKeyConstraint('users_workspace', ['workspace_id'], 'workspaces', ['id'])
    .addUniqueConstraint('users_email', ['email'])
    .execute();
  await withId('api_keys', {
    user_id: 'text',
    name: 'text',
    key_hash: 'text',
    key_prefix: 'text',
    job_id: 'text?',
    date_inserted: 'text',
    expires_at: 'text?',
    last_used_at: 'text?',
    revoked_at: 'text?',
  })
    .addForeignKeyConstraint('api_keys_user', ['user_id'], 'users', ['id'])
    .addUniqueConstraint('api_keys_hash', ['key_hash'])
    .execute();
  await withId('projects', {
    workspace_id: 'text',
    name: 'text',
    description: 'text',
    is_default: 'integer',
    is_active: 'integer',
    date_inserted: 'text',
  })
    .addForeignKeyConstraint('projects_workspace', ['workspace_id'], 'workspaces', ['id'])
    .execute();
  await without('project_members', { project_id: 'text', user_id: 'text', is_manager: 'integer' })
    .addPrimaryKeyConstraint('project_members_key', ['project_id', 'user_id'])
    .addForeignKeyConstraint('project_members_project', ['project_id'], 'projects', ['id'])
    .addForeignKeyConstraint('project_members_user', ['user_id'], 'users', ['id'])
    .execute();
  await without('blobs', {
    sha512: 'text',
    size_bytes: 'integer',
    date_inserted: 'text',
    collected_at: 'text?',
  })
    .addPrimaryKeyConstraint('blobs_key', ['sha512'])
    .execute();
  await withId('files', {
    owner_id: 'text',
    name: 'text',
    type_id: 'integer',
    sha512: 'text',
    size_bytes: 'integer',
    relative_path: 'text',
    search_text: 'text',
    path: 'text',
    encryption_key: 'text',
    job_id: 'text?',
    run_number: 'integer?',
    date_uploaded: 'text',
    deleted_at: 'text?',
  })
    .addForeignKeyConstraint('files_owner', ['owner_id'], 'users', ['id'])
    .addForeignKeyConstraint('files_blob', ['sha512'], 'blobs', ['sha512'])
    .execute();
  await without('file_counts', { owner_id: 'text', files: 'integer' })
    .addPrimaryKeyConstraint('file_counts_key', ['owner_id'])
    .addForeignKeyConstraint('file_counts_owner', ['owner_id'], 'users', ['id'])
    .execute();
  await withId('jobs', {
    owner_id: 'text',
    project_id: 'text?',
    name: 'text',
    description: 'text',
    definition: 'text',
    state: 'text',
    status: 'text?',
    is_completed: 'integer',
    is_low_priority: 'integer',
    core_type: 'text',
    cores_per_slot: 'integer',
    slots: 'integer',
    walltime_seconds: 'integer',
    price_per_core_hour: 'text',
    currency: 'text',
    tags: 'text',
    analysis_names: 'text',
    cloned_from: 'text?',
    waiting: 'text?',
    output_bytes: 'integer',
    date_inserted: 'text',
    date_submitted: 'text?',
    date_started: 'text?',
    date_completed: 'text?',
    deleted_at: 'text?',
  })
    .addForeignKeyConstraint('jobs_owner', ['owner_id'], 'users', ['id'])
    .addForeignKeyConstraint('jobs_project', ['project_id'], 'projects', ['id'])
    .execute();
  await without('job_inputs', {
    job_id: 'text',
    tile: 'integer',
    position: 'integer',
    file_id: 'text',
    decompress: 'integer',
  })
    .addPrimaryKeyConstraint('job_inputs_key', ['job_id', 'tile', 'position'])
    .addForeignKeyConstraint('job_inputs_job', ['job_id'], 'jobs', ['id'])
    .addForeignKeyConstraint('job_inputs_file', ['file_id'], 'files', ['id'])
    .execute();
  await withId('job_statuses', {
    job_id: 'text',
    status: 'text',
    status_date: 'text',
    status_reason: 'text?',
  })
    .addForeignKeyConstraint('job_statuses_job', ['job_id'], 'jobs', ['id'])
    .execute();
  await withId('clusters', {
    job_id: 'text',
    scheduler: 'text',
    directory: 'text',
    handle: 'text?',
    applied_event: 'integer',
    batch: 'integer',
    is_ended: 'integer',
    date_inserted: 'text',
    date_ended: 'text?',
  })
    .addForeignKeyConstraint('clusters_job', ['job_id'], 'jobs', ['id'])
    .execute();
  await withId('cluster_statuses', {
    cluster_id: 'text',
    status: 'text',
    status_date: 'text',
    status_reason: 'text?',
  })
    .addForeignKeyConstraint('cluster_statuses_cluster', ['cluster_id'], 'clusters', ['id'])
    .execute();
  await without('runs', {
    job_id: 'text',
    number: 'integer',
    batch: 'integer?',
    date_started: 'text?',
    date_completed: 'text?',
    outcome: 'text?',
    exit_code: 'integer?',
    failure: 'text?',
    skipped: 'text',
    output_count: 'integer',
    output_bytes: 'integer',
  })
    .addPrimaryKeyConstraint('runs_key', ['job_id', 'number'])
    .addForeignKeyConstraint('runs_job', ['job_id'], 'jobs', ['id'])
    .execute();
  await db.schema
    .createTable('events')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text')
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('verb', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .execute();

  const indexes: Record<string, string> = {
    api_keys_user_index: 'api_keys (user_id, date_inserted)',
    api_keys_job_index: 'api_keys (job_id)',
    files_owner_index: 'files (owner_id, date_uploaded, id) WHERE deleted_at IS NULL',
    files_date_index: 'files (date_uploaded, id) WHERE deleted_at IS NULL',
    files_job_index: 'files (job_id, run_number, date_uploaded, id)',
    files_blob_index: 'files (sha512)',
    jobs_owner_index: 'jobs (owner_id, date_inserted, id)',
    jobs_date_index: 'jobs (date_inserted, id)',
    jobs_live_index: 'jobs (is_completed, date_submitted)',
    job_inputs_file_index: 'job_inputs (file_id)',
    job_statuses_job_index: 'job_statuses (job_id, status_date)',
    clusters_job_index: 'clusters (job_id)',
    clusters_live_index: 'clusters (is_ended)',
    cluster_statuses_cluster_index: 'cluster_statuses (cluster_id, status_date)',
    project_members_user_index: 'project_members (user_id)',
    events_subject_index: 'events (subject, seq)',
  };
  for (const [name, columns] of Object.entries(indexes)) {
    await sql`CREATE INDEX ${sql.id(name)} ON ${sql.raw(columns)}`.execute(db);
  }
}
