/** What keepers do to job templates. Each belongs into a transaction. */
import type { ParsedTemplateCreation, ParsedTemplateUpdate } from '@quarry/contract';
import { type Caller, person, seesEverything } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import {
  changeTemplate as changeColumns,
  deleteTemplate as deleteRows,
  findTemplate,
  insertTemplate,
  insertTemplateVersion,
} from '../db/queries/job-templates.ts';
import { listManagedProjects } from '../db/queries/projects.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { newId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { conflict, forbidden, invalidFields, refused } from '../problems.ts';
import { checkTemplate } from './check-template.ts';
import { readForm } from './read-form.ts';

interface Needs {
  queries: Queries;
  clock: Clock;
}

export interface WrittenTemplate {
  id: string;
  warnings: string[];
}

/** Makes a template: for everybody by administrators, for a project by whoever manages it. */
export async function createTemplate(
  { queries, clock }: Needs,
  actor: Caller,
  wanted: ParsedTemplateCreation,
): Promise<WrittenTemplate> {
  const { projectId, name, description, fields, definition } = wanted;
  await refuseForeignProject(queries, actor, projectId);
  const { files, warnings } = await checkTemplate(queries, person(actor), wanted);
  const [id, at] = [newId(), clock.now()];
  await insertTemplate(queries, {
    id,
    project_id: projectId,
    name,
    version: 1,
    is_archived: 0,
    date_inserted: at,
  });
  const texts = { fields: JSON.stringify(fields), definition: JSON.stringify(definition) };
  await insertTemplateVersion(
    queries,
    {
      ...{ template_id: id, version: 1, name, description, ...texts },
      ...{ author_id: person(actor).userId, date_inserted: at },
    },
    files,
  );
  await note({ queries, clock }, actor, id, 'created', { name });
  return { id, warnings };
}

/** Changes a template, by a new version where more than its archiving changes. */
export async function changeTemplate(
  { queries, clock }: Needs,
  actor: Caller,
  { id, change }: { id: string; change: ParsedTemplateUpdate },
): Promise<WrittenTemplate> {
  const before = await findManaged(queries, actor, id);
  const { isArchived, version: base, ...content } = change;
  if (base !== undefined && base !== before.latest_version) {
    throw conflict(`The job template has been changed since: its version is ${before.latest_version} now.`, {
      code: 'template_changed',
      hint: `Look at version ${before.latest_version} (GET job-templates/{id}/), bring your changes into it and send them with that version.`,
    });
  }
  if (isArchived !== undefined) {
    await changeColumns(queries, id, { is_archived: isArchived ? 1 : 0 });
  }
  const fields = Object.keys(change).filter((name) => name !== 'version');
  const form = readForm(before);
  const next = { ...form, name: before.name, description: before.description, ...withoutUndefined(content) };
  const isOther =
    JSON.stringify({ ...form, name: before.name, description: before.description }) !== JSON.stringify(next);
  let warnings: string[] = [];
  if (isOther) {
    const version = before.latest_version + 1;
    refuseTooMany(version);
    const checked = await checkTemplate(queries, person(actor), next);
    warnings = checked.warnings;
    const texts = { fields: JSON.stringify(next.fields), definition: JSON.stringify(next.definition) };
    await insertTemplateVersion(
      queries,
      {
        ...{ template_id: id, version, name: next.name, description: next.description, ...texts },
        ...{ author_id: person(actor).userId, date_inserted: clock.now() },
      },
      checked.files,
    );
    await changeColumns(queries, id, { name: next.name, version });
  }
  if (fields.length > 0) {
    await note({ queries, clock }, actor, id, 'changed', { fields });
  }
  return { id, warnings };
}

export async function deleteTemplate(needs: Needs, actor: Caller, id: string): Promise<void> {
  const { name } = await findManaged(needs.queries, actor, id);
  await deleteRows(needs.queries, id);
  await note(needs, actor, id, 'deleted', { name });
}

async function findManaged(queries: Queries, actor: Caller, id: string) {
  const template = await findTemplate(queries, actor, id);
  if (!template.may_change) {
    throw forbidden(
      'Only administrators change job templates for everybody, and those of a project whoever manages it.',
      'Ask one of them; a job that is made freely (POST jobs/) needs no template.',
    );
  }
  return template;
}

async function refuseForeignProject(
  queries: Queries,
  actor: Caller,
  projectId: string | null,
): Promise<void> {
  if (projectId === null) {
    if (!seesEverything(actor)) {
      throw forbidden(
        'Only administrators make job templates for everybody.',
        'Send the projectId of a project that you manage (GET projects/): its members may use the template then.',
      );
    }
    return;
  }
  const projects = await listManagedProjects(queries, actor, undefined);
  if (!projects.some(({ id }) => id === projectId)) {
    throw invalidFields({
      projectId: [`There is no project "${projectId}" that you manage. Yours are at projects/.`],
    });
  }
}

function refuseTooMany(version: number): void {
  if (version > LIMITS.templateVersions) {
    throw refused(`A job template has at most ${LIMITS.templateVersions} versions.`, {
      code: 'too_many_versions',
      hint: 'Archive it, and make a new one of its newest version.',
    });
  }
}

async function note(
  { queries, clock }: Needs,
  actor: Caller,
  id: string,
  verb: 'created' | 'changed' | 'deleted',
  detail: Record<string, unknown>,
): Promise<void> {
  const event = {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `job_template:${id}`,
    verb,
    detail,
  };
  await recordEvent(queries, event);
}

function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Partial<Value>;
}
