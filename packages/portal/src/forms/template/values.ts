/** What somebody types into the form of a job template, and what is sent of it. */
import type { TemplateField, TemplateValue } from '@quarry/sdk';

/** By field: texts as they are typed, and lists of ids of files. */
export type Typed = Readonly<Record<string, string | boolean | readonly string[]>>;

/** What a form begins with. */
export function startOf(fields: readonly TemplateField[]): Typed {
  return Object.fromEntries(fields.map((field) => [field.name, startOfField(field)]));
}

function startOfField({ type, default: value }: TemplateField): Typed[string] {
  if (type === 'boolean') {
    return value === true;
  }
  if (type === 'file' || type === 'files') {
    return value === null ? [] : [value].flat().map(String);
  }
  return value === null ? '' : String(value);
}

/** As they are sent: an empty field is none, whatever its default, and a decimal comma is a point. */
export function toValues(fields: readonly TemplateField[], typed: Typed): Record<string, TemplateValue> {
  const values = fields.flatMap((field): Array<[string, TemplateValue]> => {
    const value = typed[field.name] ?? '';
    if (typeof value === 'boolean') {
      return [[field.name, value]];
    }
    if (Array.isArray(value)) {
      return [[field.name, field.type === 'file' ? (value[0] ?? null) : [...value]]];
    }
    const text = value as string;
    const isNumber = field.type === 'integer' || field.type === 'number';
    return [[field.name, text.trim() === '' ? null : isNumber ? text.trim().replace(',', '.') : text]];
  });
  return Object.fromEntries(values);
}

/** Whether a field that has to be filled in is empty. */
export function isMissing({ name, type, required }: TemplateField, typed: Typed): boolean {
  const value = typed[name];
  const isEmpty = value === undefined || (typeof value !== 'boolean' && value.length === 0);
  return required && type !== 'boolean' && isEmpty;
}

/** What is kept of a form: of the others the default counts, also when it is another one by then. Null for nothing. */
export function toKeep(fields: readonly TemplateField[], typed: Typed): string | null {
  const start = startOf(fields);
  const others = Object.entries(typed).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(start[name]),
  );
  return others.length === 0 ? null : JSON.stringify(Object.fromEntries(others));
}

/** What was typed before, of the fields that there still are and as they still take it. */
export function restored(fields: readonly TemplateField[], text: string | null): Typed {
  const start = startOf(fields);
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    return start;
  }
  if (typeof kept !== 'object' || kept === null) {
    return start;
  }
  const values = kept as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(start).map(([name, value]) => {
      const before = Object.hasOwn(values, name) ? values[name] : undefined;
      const isAlike =
        typeof before === typeof value &&
        Array.isArray(before) === Array.isArray(value) &&
        (!Array.isArray(before) || before.every((id) => typeof id === 'string'));
      return [name, isAlike ? (before as Typed[string]) : value];
    }),
  );
}
