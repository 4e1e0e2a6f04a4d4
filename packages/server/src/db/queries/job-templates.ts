import { type SqlBool, sql } from 'kysely';
import { type Caller, type Person, person, seesEverything } from '../../access/caller.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { ListSource } from '../list-source.ts';
import type { JobTemplateRow, JobTemplateVersionRow } from '../tables.ts';
import { containsPattern } from './contains-pattern.ts';
import { isNotOfRemovedJob } from './files-removed.ts';

/** SQLite binds at most 32,766 values to a statement. */
const IDS_AT_ONCE = 1000;

interface TemplateFilter {
  search?: string | undefined;
  project?: string | undefined;
  archived: boolean;
}

type Who = Pick<Person, 'userId' | 'role'>;

/** Templates that somebody may use: those for everybody, and those of their projects; for administrators all. */
function usable(queries: Queries, { userId, role }: Who) {
  const all = queries.selectFrom('job_templates');
  if (role === 'admin') {
    return all;
  }
  const projects = queries
    .selectFrom('project_members')
    .where('project_members.user_id', '=', userId)
    .select('project_members.project_id');
  return all.where(({ eb, or }) =>
    or([eb('job_templates.project_id', 'is', null), eb('job_templates.project_id', 'in', projects)]),
  );
}

/** Of everything that somebody may use, what they may change as well. */
function isManaged(queries: Queries, caller: Caller) {
  if (seesEverything(caller)) {
    return sql<SqlBool>`1`;
  }
  const { userId, role } = person(caller);
  if (role === 'member') {
    return sql<SqlBool>`0`;
  }
  const managed = queries
    .selectFrom('project_members')
    .where('project_members.user_id', '=', userId)
    .where('project_members.is_manager', '=', 1)
    .select('project_members.project_id');
  return sql<SqlBool>`coalesce(job_templates.project_id IN ${managed}, 0)`;
}

function withVersion(queries: Queries, caller: Caller) {
  return usable(queries, person(caller))
    .innerJoin('job_template_versions as version', 'version.template_id', 'job_templates.id')
    .innerJoin('users', 'users.id', 'version.author_id')
    .leftJoin('projects', 'projects.id', 'job_templates.project_id')
    .select([
      'job_templates.id',
      'job_templates.project_id',
      'job_templates.is_archived',
      'job_templates.date_inserted',
      'job_templates.version as latest_version',
      'projects.name as project_name',
      'users.email as author',
      'version.version',
      'version.name',
      'version.description',
      'version.date_inserted as date_version',
    ])
    .select(isManaged(queries, caller).as('may_change'));
}

/** Templates in their newest versions, in order of name. */
export function listTemplates(queries: Queries, caller: Caller, filter: TemplateFilter) {
  let rows = withVersion(queries, caller)
    .whereRef('version.version', '=', 'job_templates.version')
    .where('job_templates.is_archived', '=', filter.archived ? 1 : 0);
  if (filter.archived) {
    rows = rows.where(isManaged(queries, caller));
  }
  if (filter.project) {
    rows = rows.where('job_templates.project_id', '=', filter.project);
  }
  if (filter.search) {
    const pattern = containsPattern(filter.search);
    rows = rows.where(sql<boolean>`job_templates.name LIKE ${pattern} ESCAPE '\\'`);
  }
  const source = {
    async count() {
      const { count } = await rows
        .clearSelect()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows: ({ limit, offset }) =>
      rows.orderBy('job_templates.name').orderBy('job_templates.id').limit(limit).offset(offset).execute(),
    keyOf: () => null,
  } satisfies ListSource<TemplateSummary>;
  return source;
}

export type TemplateSummary = Awaited<ReturnType<ReturnType<typeof withVersion>['execute']>>[number];
export type TemplateVersion = TemplateSummary & Pick<JobTemplateVersionRow, 'fields' | 'definition'>;

/** A template that the caller may use, in its newest version or another one; refuses with 404 when there is none. */
export async function findTemplate(
  queries: Queries,
  caller: Caller,
  templateId: string,
  version?: number,
): Promise<TemplateVersion> {
  const row = await withVersion(queries, caller)
    .select(['version.fields', 'version.definition'])
    .where('job_templates.id', '=', templateId)
    .where(({ eb, ref }) => eb('version.version', '=', version ?? ref('job_templates.version')))
    .executeTakeFirst();
  if (row !== undefined) {
    return row;
  }
  if (version !== undefined) {
    const { latest_version: latest } = await findTemplate(queries, caller, templateId);
    throw notFound(
      `The job template "${templateId}" has no version ${version}.`,
      `It has the versions 1 to ${latest} (GET job-templates/{id}/versions/).`,
    );
  }
  throw notFound(`There is no job template "${templateId}" that you may use.`);
}

/** Its versions, the newest first. */
export function listTemplateVersions(queries: Queries, templateId: string) {
  const rows = queries
    .selectFrom('job_template_versions')
    .innerJoin('users', 'users.id', 'job_template_versions.author_id')
    .where('template_id', '=', templateId)
    .select([
      'job_template_versions.version',
      'job_template_versions.name',
      'job_template_versions.date_inserted',
      'users.email as author',
    ]);
  return {
    async count() {
      const { count } = await rows
        .clearSelect()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows: ({ limit, offset }: { limit: number; offset: number }) =>
      rows.orderBy('job_template_versions.version', 'desc').limit(limit).offset(offset).execute(),
    keyOf: () => null,
  };
}

export async function insertTemplate(queries: Queries, template: JobTemplateRow): Promise<void> {
  await queries.insertInto('job_templates').values(template).execute();
}

export async function changeTemplate(
  queries: Queries,
  templateId: string,
  columns: Partial<Pick<JobTemplateRow, 'name' | 'version' | 'is_archived'>>,
): Promise<void> {
  await queries.updateTable('job_templates').set(columns).where('id', '=', templateId).execute();
}

/** Writes a version with the files that its definition names; what earlier ones named beside them may be attached no more. */
export async function insertTemplateVersion(
  queries: Queries,
  version: JobTemplateVersionRow,
  fileIds: readonly string[],
): Promise<void> {
  await queries.insertInto('job_template_versions').values(version).execute();
  await queries.deleteFrom('job_template_files').where('template_id', '=', version.template_id).execute();
  for (let start = 0; start < fileIds.length; start += IDS_AT_ONCE) {
    const files = fileIds.slice(start, start + IDS_AT_ONCE);
    await queries
      .insertInto('job_template_files')
      .values(files.map((file_id) => ({ file_id, template_id: version.template_id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function deleteTemplate(queries: Queries, templateId: string): Promise<void> {
  await queries.deleteFrom('job_template_files').where('template_id', '=', templateId).execute();
  await queries.deleteFrom('job_template_versions').where('template_id', '=', templateId).execute();
  await queries.deleteFrom('job_templates').where('id', '=', templateId).execute();
}

/** Which of these living files a template names that somebody may use; for at most a thousand at once. */
export async function pickTemplateFiles(
  queries: Queries,
  who: Who,
  fileIds: readonly string[],
): Promise<string[]> {
  const rows = await usable(queries, who)
    .innerJoin('job_template_files', 'job_template_files.template_id', 'job_templates.id')
    .innerJoin('files', 'files.id', 'job_template_files.file_id')
    .where('job_template_files.file_id', 'in', [...fileIds])
    .where('files.deleted_at', 'is', null)
    .where(isNotOfRemovedJob)
    .select('files.id')
    .distinct()
    .execute();
  return rows.map(({ id }) => id);
}
