import { jobDefinition, type TemplateValue } from '@quarry/contract';
import type { Caller } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import { findTemplate } from '../db/queries/job-templates.ts';
import type { WantedDefinition } from '../jobs/definition/stored.ts';
import { invalidFields, refused } from '../problems.ts';
import { blameIssues } from './blame.ts';
import { type FilledForm, fillIn, type Place, TargetError } from './fill-in.ts';
import { readForm } from './read-form.ts';
import { scriptsOf } from './scripts.ts';

export interface FilledTemplate {
  /** What the job is saved with. */
  wanted: WantedDefinition;
  /** The same as a client would send it. */
  definition: Record<string, unknown>;
  /** Which field has set what. */
  places: Place[];
  /** What each tile executes. */
  scripts: string[];
}

export interface TemplateWish {
  templateId: string;
  version?: number | undefined;
  values: Readonly<Record<string, TemplateValue>>;
  name?: string | undefined;
}

/** A template with values in it, by whoever may use it; refuses values under their names. Jobs of a project's template are that project's. */
export async function fillTemplate(
  { queries }: { queries: Queries },
  actor: Caller,
  { templateId, version, values, name }: TemplateWish,
): Promise<FilledTemplate> {
  const template = await findTemplate(queries, actor, templateId, version);
  if (template.is_archived === 1) {
    throw refused(`The job template "${template.name}" is archived and makes no jobs any more.`, {
      code: 'template_archived',
      hint: 'Choose another one (GET job-templates/), or ask whoever keeps it.',
    });
  }
  const form = readForm(template);
  const { definition, places } = fillOrRefuse(form, values);
  const complete = {
    ...definition,
    name: name ?? definition.name ?? template.name,
    ...(template.project_id !== null && { projectId: template.project_id }),
  };
  const parsed = jobDefinition.safeParse(complete);
  if (!parsed.success) {
    throw blameIssues(parsed.error.issues, places);
  }
  return {
    wanted: { ...parsed.data, jobTemplate: { id: template.id, version: template.version } },
    definition: complete,
    places,
    scripts: scriptsOf(parsed.data, form.fields),
  };
}

function fillOrRefuse(form: ReturnType<typeof readForm>, values: TemplateWish['values']): FilledForm {
  try {
    return fillIn(form, values);
  } catch (error) {
    // It was tried when it was saved, with values of another kind.
    throw error instanceof TargetError ? invalidFields({ definition: [error.message] }) : error;
  }
}
