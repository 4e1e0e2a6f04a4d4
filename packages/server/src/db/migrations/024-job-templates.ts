import { type Kysely, sql } from 'kysely';

/** Forms by which jobs are made, each version of them, and the files that their jobs may take. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('job_templates')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('project_id', 'text', (column) => column.references('projects.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('is_archived', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('job_template_versions')
    .addColumn('template_id', 'text', (column) => column.notNull().references('job_templates.id'))
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('fields', 'text', (column) => column.notNull())
    .addColumn('definition', 'text', (column) => column.notNull())
    .addColumn('author_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('date_inserted', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('job_template_versions_key', ['template_id', 'version'])
    .execute();
  await db.schema
    .createTable('job_template_files')
    .addColumn('file_id', 'text', (column) => column.notNull())
    .addColumn('template_id', 'text', (column) => column.notNull().references('job_templates.id'))
    .addPrimaryKeyConstraint('job_template_files_key', ['file_id', 'template_id'])
    .execute();
  await sql`CREATE INDEX job_templates_name_index ON job_templates (name, id)`.execute(db);
  await sql`CREATE INDEX job_template_files_template_index ON job_template_files (template_id)`.execute(db);
}
