import {
  findUnknownFields,
  type IssueLike,
  jobDefinition,
  MAX_TEMPLATE_DEFINITION_LENGTH,
  type ParsedTemplateField,
  type TemplateValue,
  targetSteps,
  toFieldErrors,
} from '@quarry/contract';
import type { Person } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import { findAttachableFiles } from '../files/visibility.ts';
import { attachedFiles } from '../jobs/definition/attached-files.ts';
import { LIMITS } from '../limits.ts';
import { invalidFields } from '../problems.ts';
import { checkValue } from './check-value.ts';
import { type FilledForm, type Form, fillIn, hasTemplates, TargetError } from './fill-in.ts';
import { readAt } from './set-at.ts';

export interface CheckedTemplate {
  /** Ids of the files that its definition names. */
  files: string[];
  warnings: string[];
}

/**
 * Whether a form can be filled in so that a definition comes of it; refuses what cannot, by field. What fields without a default
 * would set is tried with the least that they take.
 */
export async function checkTemplate(
  queries: Queries,
  keeper: Pick<Person, 'userId' | 'role'>,
  form: Form & { name: string },
): Promise<CheckedTemplate> {
  const { fields, definition } = form;
  if (JSON.stringify(definition).length > MAX_TEMPLATE_DEFINITION_LENGTH) {
    throw invalidFields({
      definition: [`Ensure this has no more than ${MAX_TEMPLATE_DEFINITION_LENGTH} characters as JSON.`],
    });
  }
  refuse([...spellingsOf(definition), ...fields.flatMap((field, index) => problemsOf(form, field, index))]);
  const { definition: filled } = tryOut(form);
  const parsed = jobDefinition.safeParse({ ...filled, name: filled.name ?? form.name });
  if (!parsed.success) {
    throw invalidFields(
      toFieldErrors(parsed.error.issues.map((issue) => ({ ...issue, path: ['definition', ...issue.path] }))),
    );
  }
  if (parsed.data.publicKey && !fields.some(({ target }) => target !== null && isSame(target, 'publicKey'))) {
    // As with clones: whoever logs in there does so with the reach of the job's owner.
    throw invalidFields({
      definition: {
        publicKey: ['The owner of a job says who may log in to it. Leave this out, or make it a field.'],
      },
    });
  }
  const ids = [...new Set(attachedFiles(parsed.data).map(({ id }) => id))];
  const attachable = await findAttachableFiles(queries, keeper, ids);
  const missing = ids.filter((id) => !attachable.has(id));
  if (missing.length > 0) {
    throw invalidFields({
      definition: [`There are no files ${missing.join(', ')} that you may attach. Upload them first.`],
    });
  }
  const unknown = findUnknownFields(jobDefinition, definition).map((path) => `definition.${path}`);
  return {
    files: ids,
    warnings: unknown.length === 0 ? [] : [`Unknown fields have no effect: ${unknown.join(', ')}.`],
  };
}

function refuse(issues: readonly IssueLike[]): void {
  if (issues.length > 0) {
    throw invalidFields(toFieldErrors(issues));
  }
}

/** Where fields put values. The API takes other spellings, too, of which it would use one and drop the other. */
const PLACES = { env_vars: 'envVars', input_files: 'inputFiles', template_tasks: 'templateTasks' } as const;

function spellingsOf(definition: Form['definition']): IssueLike[] {
  const tiles = readAt(definition, ['jobanalyses']);
  return (Array.isArray(tiles) ? tiles : []).flatMap((tile, index) =>
    Object.entries(PLACES)
      .filter(([spelling]) => readAt(tile, [spelling]) !== undefined)
      .map(([spelling, name]) => ({
        path: ['definition', 'jobanalyses', index, spelling],
        message: `Write ${name}: that is where fields put their values.`,
      })),
  );
}

function problemsOf({ fields, definition }: Form, field: ParsedTemplateField, index: number): IssueLike[] {
  const problem = (key: keyof ParsedTemplateField, message: string) => ({
    path: ['fields', index, key],
    message,
  });
  const problems: IssueLike[] = [];
  if (fields.findIndex(({ name }) => name === field.name) < index) {
    problems.push(problem('name', 'Another field has this name.'));
  }
  const others = fields.slice(0, index).flatMap(({ target }) => (target === null ? [] : [target]));
  if (
    field.target !== null &&
    field.type !== 'files' &&
    others.some((target) => isSame(target, field.target!))
  ) {
    problems.push(problem('target', 'Another field sets the same.'));
  }
  if (field.target === null && isNameTaken(definition, field)) {
    problems.push(problem('name', 'The definition has a variable of this name already.'));
  }
  if (field.type === 'choice' && field.options.length === 0) {
    problems.push(problem('options', 'Give at least one.'));
  }
  if (field.min !== null && field.max !== null && field.min > field.max) {
    problems.push(problem('max', `This is less than the least, ${field.min}.`));
  }
  const checked = field.default === null ? null : checkValue(field, field.default);
  if (checked !== null && 'problem' in checked) {
    problems.push(problem('default', checked.problem));
  }
  return problems;
}

function isSame(one: string, other: string): boolean {
  return JSON.stringify(targetSteps(one)) === JSON.stringify(targetSteps(other));
}

function isNameTaken(definition: Form['definition'], { name, type }: ParsedTemplateField): boolean {
  if (type === 'file' || type === 'files') {
    return false;
  }
  const tiles = readAt(definition, ['jobanalyses']);
  const variables = readAt(definition, ['jobvariables']);
  const isVariable = Array.isArray(variables) && variables.some((each) => readAt(each, ['name']) === name);
  const isInEnvironment =
    Array.isArray(tiles) && tiles.some((tile) => readAt(tile, ['envVars', name]) !== undefined);
  return isVariable || (isInEnvironment && !hasTemplates(definition));
}

function tryOut({ fields, definition }: Form): FilledForm {
  const values: Record<string, TemplateValue> = {};
  for (const field of fields) {
    values[field.name] = field.default ?? sampleOf(field);
  }
  // Files have no least: what is required of them is not tried.
  const tried = fields.map((field) => (isOfFiles(field) ? { ...field, required: false, min: null } : field));
  try {
    return fillIn({ fields: tried, definition }, values);
  } catch (error) {
    if (error instanceof TargetError) {
      const index = fields.findIndex(({ name }) => name === error.field);
      throw invalidFields(toFieldErrors([{ path: ['fields', index, 'target'], message: error.message }]));
    }
    throw error;
  }
}

function sampleOf(field: ParsedTemplateField): TemplateValue {
  const { type, min, max, options } = field;
  switch (type) {
    case 'integer':
    case 'number':
      return min ?? max ?? 1;
    case 'boolean':
      return false;
    case 'choice':
      return options[0]?.value ?? null;
    case 'text':
      return 'x'.repeat(Math.min(Math.max(1, Math.ceil(min ?? 1)), LIMITS.templateTextCharacters));
    case 'file':
    case 'files':
      return null;
  }
}

function isOfFiles({ type }: ParsedTemplateField): boolean {
  return type === 'file' || type === 'files';
}
