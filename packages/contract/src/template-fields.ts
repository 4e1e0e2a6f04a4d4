/** The fields of a form that makes jobs: what each asks for, and what it sets in the definition. */

import { z } from 'zod';
import {
  MAX_FIELD_HELP_LENGTH,
  MAX_FIELD_NAME_LENGTH,
  MAX_FIELD_OPTIONS,
  MAX_RELATIVE_PATH_LENGTH,
  MAX_TARGET_STEPS,
  MAX_TEMPLATE_FIELDS,
} from './limits.ts';
import { UNUSABLE_NAME } from './unusable-name.ts';
import { wireBoolean, wireChoice, wireList, wireNumber, wireObject, wireString } from './wire.ts';

export const TEMPLATE_FIELD_TYPES = [
  'text',
  'integer',
  'number',
  'boolean',
  'choice',
  'file',
  'files',
] as const;
export type TemplateFieldType = (typeof TEMPLATE_FIELD_TYPES)[number];

/** Commands know the field by this name, and so do templates. */
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const STEP = /^(?:[A-Za-z_][A-Za-z0-9_]*|\d{1,4})$/;
/** Steps that would lead out of a definition into what all objects of JavaScript have. */
const UNUSABLE_STEPS: readonly string[] = [UNUSABLE_NAME, 'constructor', 'prototype'];

/** The steps of a path such as `jobanalyses[0].hardware.walltime`, or with points alone; null for what is none. */
export function targetSteps(target: string): Array<string | number> | null {
  const steps = target.replace(/\[(\d{1,4})\]/g, '.$1').split('.');
  const isPath =
    steps.length <= MAX_TARGET_STEPS &&
    steps.every((step) => STEP.test(step) && !UNUSABLE_STEPS.includes(step)) &&
    !/^\d/.test(steps[0]!);
  return isPath ? steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)) : null;
}

/** One of the choices of a field. */
export const templateFieldOption = wireObject({
  /** What is set when it is chosen. */
  value: wireString({ max: MAX_RELATIVE_PATH_LENGTH }),
  /** What the form calls it. */
  label: wireString({ max: 255, blank: false }),
}).meta({ id: 'TemplateFieldOption' });
const option = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? { value, label: value } : value),
  templateFieldOption,
) as unknown as z.ZodType<z.output<typeof templateFieldOption>, z.input<typeof templateFieldOption> | string>;

const fieldName = z
  .string({
    error: (found) => (found.input === undefined ? 'This field is required.' : 'Not a valid string.'),
  })
  .refine((name) => FIELD_NAME.test(name) && name.length <= MAX_FIELD_NAME_LENGTH, {
    error: `Use a letter or underscore, then letters, digits and underscores, ${MAX_FIELD_NAME_LENGTH} characters at most.`,
  })
  .refine((name) => name !== UNUSABLE_NAME, { error: `A field may not be called ${UNUSABLE_NAME}.` });

/** One field of the form of a job template. */
export const templateFieldDefinition = wireObject({
  /** What values are sent under, and what commands and templates know as `${name}`: letters, digits, underscores. */
  name: fieldName,
  /** What the form calls it. */
  label: wireString({ max: 255, blank: false }),
  /** What else there is to say about it. */
  help: wireString({ max: MAX_FIELD_HELP_LENGTH }).default(''),
  /** What it takes; `file` and `files` take ids of files. */
  type: wireChoice(TEMPLATE_FIELD_TYPES),
  /** The unit of its number, shown behind it. */
  unit: wireString({ max: 32 }).nullable().default(null),
  /** The least: of a number its value, of a text its characters, of files how many. */
  min: wireNumber().nullable().default(null),
  /** The most of the same. */
  max: wireNumber().nullable().default(null),
  /** What there is to choose from, as texts or with labels. */
  options: wireList(option, { max: MAX_FIELD_OPTIONS }).default([]),
  /** Whether a job needs it. */
  required: wireBoolean().default(true),
  /** What it is where nobody says otherwise; null for nothing. */
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]).default(null),
  /**
   * The place in the definition that it sets, such as `jobanalyses[0].hardware.walltime`. Without one, commands have its value
   * as an environment variable and templates as a variable, and files are input files of the first tile.
   */
  target: wireString({ max: MAX_RELATIVE_PATH_LENGTH, blank: false })
    .refine((target) => targetSteps(target) !== null, {
      error: 'Give a path such as jobanalyses[0].hardware.walltime.',
    })
    .nullable()
    .default(null),
}).meta({ id: 'TemplateFieldDefinition' });
export type TemplateFieldDefinition = z.input<typeof templateFieldDefinition>;
export type ParsedTemplateField = z.output<typeof templateFieldDefinition>;

/** All of them; no two have the same name. */
export const templateFields = wireList(templateFieldDefinition, { max: MAX_TEMPLATE_FIELDS });

/** One field of a form, as it is answered. */
export const templateField = z
  .strictObject({
    /** What values are sent under. */
    name: z.string(),
    /** What the form calls it. */
    label: z.string(),
    /** What else there is to say about it. */
    help: z.string(),
    /** What it takes; `file` and `files` take ids of files. */
    type: z.enum(TEMPLATE_FIELD_TYPES),
    /** The unit of its number; null without one. */
    unit: z.string().nullable(),
    /** The least: of a number its value, of a text its characters, of files how many; null for no bound. */
    min: z.number().nullable(),
    /** The most of the same; null for no bound. */
    max: z.number().nullable(),
    /** What there is to choose from. */
    options: z.array(
      z.strictObject({
        /** What is set when it is chosen. */
        value: z.string(),
        /** What the form calls it. */
        label: z.string(),
      }),
    ),
    /** Whether a job needs it. */
    required: z.boolean(),
    /** What it is where nobody says otherwise; null for nothing. */
    default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]),
    /** The place in the definition that it sets; null where commands and templates have its value by its name. */
    target: z.string().nullable(),
  })
  .meta({ id: 'TemplateField' });
export type TemplateField = z.output<typeof templateField>;
