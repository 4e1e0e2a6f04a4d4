/**
 * A form that is filled in: a definition with values in the places that the fields name. A value without a place is a variable of
 * the job's environment: a command has it as `${name}` from its shell, which never takes a value for words of the command.
 */
import { type ParsedTemplateField, type TemplateValue, targetSteps } from '@quarry/contract';
import { LIMITS } from '../limits.ts';
import { invalidFields } from '../problems.ts';
import { checkValue, type FieldValue } from './check-value.ts';
import { readAt, setAt } from './set-at.ts';

export interface Form {
  fields: readonly ParsedTemplateField[];
  /** As a client would send it. */
  definition: Readonly<Record<string, unknown>>;
}

export interface FilledForm {
  /** As `POST jobs/` takes it. */
  definition: Record<string, unknown>;
  /** Which field has set what; what is wrong there, is wrong with its value. */
  places: Place[];
  /** How many characters the environments of the tiles have got so far. */
  environmentLength: number;
}

export interface Place {
  field: string;
  path: ReadonlyArray<string | number>;
  /** Of a list, from where on its items are the field's. */
  from?: number;
}

/** A place in the definition is not one that a value can have. */
export class TargetError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Fills in a form; refuses values under their names in `values`. Throws a TargetError for a form that cannot be filled in. */
export function fillIn(
  { fields, definition }: Form,
  values: Readonly<Record<string, TemplateValue>>,
): FilledForm {
  const filled: FilledForm = {
    definition: structuredClone(definition) as Record<string, unknown>,
    places: [],
    environmentLength: 0,
  };
  for (const [field, value] of checkValues(fields, values)) {
    put(filled, field, value);
  }
  return filled;
}

function checkValues(
  fields: readonly ParsedTemplateField[],
  values: Readonly<Record<string, TemplateValue>>,
): Array<[ParsedTemplateField, FieldValue]> {
  const problems: Record<string, string[]> = {};
  const names = new Set(fields.map(({ name }) => name));
  for (const name of Object.keys(values).filter((name) => !names.has(name))) {
    problems[name] = ['The job template has no such field.'];
  }
  const checked = fields.flatMap((field): Array<[ParsedTemplateField, FieldValue]> => {
    const each = checkValue(field, Object.hasOwn(values, field.name) ? values[field.name] : undefined);
    if ('problem' in each) {
      problems[field.name] = [each.problem];
      return [];
    }
    return [[field, each.value]];
  });
  if (Object.keys(problems).length > 0) {
    throw invalidFields({ values: problems });
  }
  return checked;
}

function put(filled: FilledForm, field: ParsedTemplateField, value: FieldValue): void {
  if (field.type === 'file' || field.type === 'files') {
    putFiles(filled, field, value === null ? [] : [value].flat().map((id) => ({ id })));
  } else if (field.target === null) {
    putNamed(filled, field, value ?? '');
  } else if (value !== null) {
    putAt(filled, field, targetSteps(field.target)!, value);
  }
}

/** Several are added to those that are there; one takes the place. */
function putFiles(filled: FilledForm, field: ParsedTemplateField, files: Array<{ id: unknown }>): void {
  if (files.length === 0) {
    return;
  }
  const path = field.target === null ? ['jobanalyses', 0, 'inputFiles'] : targetSteps(field.target)!;
  if (field.type === 'file' && field.target !== null) {
    putAt(filled, field, path, files[0]);
    return;
  }
  const before = readAt(filled.definition, path) ?? [];
  if (!Array.isArray(before)) {
    throw new TargetError(field.name, `There is no list of files at ${field.target}.`);
  }
  putAt(filled, field, path, [...before, ...files], before.length);
}

function putNamed(filled: FilledForm, field: ParsedTemplateField, value: Exclude<FieldValue, null>): void {
  const { definition } = filled;
  if (hasTemplates(definition)) {
    const variables = readAt(definition, ['jobvariables']);
    const index = Array.isArray(variables) ? variables.length : 0;
    const variable = {
      name: field.name,
      variableType: 'Param',
      displayOrder: index,
      valueGeneratorType: 'Values',
      valueGeneratorSettings: { values: [typeof value === 'boolean' ? String(value) : value] },
    };
    putAt(filled, field, ['jobvariables', index], variable);
    return;
  }
  const tiles = tilesOf(definition).length;
  filled.environmentLength += String(value).length * tiles;
  if (filled.environmentLength > LIMITS.bodyBytes) {
    const most = `${LIMITS.bodyBytes} characters in all`;
    throw invalidFields({
      values: { [field.name]: [`Each of the ${tiles} tiles has this in its environment: ${most}, no more.`] },
    });
  }
  for (let tile = 0; tile < tiles; tile++) {
    putAt(filled, field, ['jobanalyses', tile, 'envVars', field.name], String(value));
  }
}

function putAt(
  { definition, places }: FilledForm,
  field: ParsedTemplateField,
  path: Place['path'],
  value: unknown,
  from?: number,
): void {
  if (!setAt(definition, path, value)) {
    const where = field.target ?? path.join('.');
    throw new TargetError(field.name, `The definition has no place ${where}: it leads into something else.`);
  }
  places.push({ field: field.name, path, ...(from !== undefined && { from }) });
}

/** Whether the job renders templates, which know variables and not the environment. */
export function hasTemplates(definition: Readonly<Record<string, unknown>>): boolean {
  return tilesOf(definition).some((_, tile) => {
    const tasks = readAt(definition, ['jobanalyses', tile, 'templateTasks']);
    return Array.isArray(tasks) && tasks.length > 0;
  });
}

function tilesOf(definition: Readonly<Record<string, unknown>>): readonly unknown[] {
  const tiles = readAt(definition, ['jobanalyses']);
  return Array.isArray(tiles) ? tiles : [];
}
