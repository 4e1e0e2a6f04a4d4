/** A job template as a text that a keeper edits: the JSON that the API takes. */
import type { JobTemplate, JobTemplateCreation, TemplateField } from '@quarry/sdk';

export interface EditedTemplate {
  name: string;
  description: string;
  fields: unknown[];
  definition: Record<string, unknown>;
}

/** What a new one begins with. */
export const NEW_TEMPLATE: EditedTemplate = {
  name: 'New form',
  description: '',
  fields: [
    {
      name: 'hours',
      label: 'Hours at most',
      type: 'integer',
      min: 1,
      default: 1,
      unit: 'h',
      target: 'jobanalyses[0].hardware.walltime',
    },
    { name: 'greeting', label: 'Greeting', type: 'text', max: 200 },
  ],
  definition: {
    name: 'Greeting',
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command: 'echo "${greeting}"',
        hardware: { coreType: '', coresPerSlot: 1 },
      },
    ],
  },
};

/** As it is shown: without what a field says only by default. */
export function toText({ name, description, fields, definition }: EditedTemplate | JobTemplate): string {
  return JSON.stringify({ name, description, fields: fields.map(withoutDefaults), definition }, null, 2);
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  help: '',
  unit: null,
  min: null,
  max: null,
  required: true,
  default: null,
  target: null,
};

function withoutDefaults(field: unknown): unknown {
  if (typeof field !== 'object' || field === null) {
    return field;
  }
  return Object.fromEntries(
    Object.entries(field).filter(
      ([name, value]) =>
        !(name in DEFAULTS && DEFAULTS[name] === value) &&
        !(name === 'options' && Array.isArray(value) && value.length === 0),
    ),
  );
}

/** What was typed, or why it is no template. */
export function fromText(text: string): { template: JobTemplateCreation } | { problem: string } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { template: value as JobTemplateCreation }
      : { problem: '' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

const TYPES: readonly string[] = ['text', 'integer', 'number', 'boolean', 'choice', 'file', 'files'];

/** The fields of what was typed, as far as they are any: they are looked at while they are written. */
export function fieldsOf(template: { fields?: unknown }): TemplateField[] {
  const fields = Array.isArray(template.fields) ? template.fields : [];
  const names = new Set<unknown>();
  return fields.flatMap((field): TemplateField[] => {
    if (typeof field !== 'object' || field === null || !TYPES.includes(field.type) || names.has(field.name)) {
      return [];
    }
    names.add(field.name);
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    const number = (value: unknown) => (typeof value === 'number' ? value : null);
    const options = Array.isArray(field.options) ? field.options : [];
    return [
      {
        name: text(field.name),
        label: text(field.label) || text(field.name),
        help: text(field.help),
        type: field.type,
        unit: text(field.unit) || null,
        min: number(field.min),
        max: number(field.max),
        options: options.flatMap((option: unknown) => {
          if (typeof option === 'object' && option !== null) {
            const { value, label } = option as { value?: unknown; label?: unknown };
            return [{ value: String(value), label: String(label ?? value) }];
          }
          return [{ value: String(option), label: String(option) }];
        }),
        required: field.required !== false,
        default: isDefault(field.default) ? field.default : null,
        target: text(field.target) || null,
      },
    ];
  });
}

function isDefault(value: unknown): value is TemplateField['default'] {
  return (
    ['string', 'number', 'boolean'].includes(typeof value) ||
    (Array.isArray(value) && value.every((each) => typeof each === 'string'))
  );
}
