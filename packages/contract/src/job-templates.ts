/** Job templates: forms that keepers make, by which others make jobs without knowing their definitions. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireWords } from './errors.ts';
import { job, jobV3 } from './job.ts';
import { jobPreview } from './job-preview.ts';
import {
  MAX_DESCRIPTION_LENGTH,
  MAX_PREVIEW_POINTS,
  MAX_SEARCH_LENGTH,
  MAX_TEMPLATE_FIELDS,
} from './limits.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import { templateField, templateFields } from './template-fields.ts';
import { byUsableName, UNUSABLE_NAME } from './unusable-name.ts';
import {
  wireBoolean,
  wireId,
  wireInteger,
  wireName,
  wireObject,
  wireQuery,
  wireReference,
  wireReferenceOrNull,
  wireString,
  wireTimestamp,
} from './wire.ts';

const shared = { versions: ['v2', 'v3'], tag: 'Job templates', extension: true } as const;
const params = z.object({
  /** Id of the job template. */
  templateId: z.string(),
});

const summaryFields = {
  /** Id of the job template. */
  id: wireId,
  /** Its name. */
  name: z.string(),
  /** What it is for, in words. */
  description: z.string(),
  /** The project whose members may use it; null for everybody. */
  projectId: wireId.nullable(),
  /** Name of that project; null without one. */
  projectName: z.string().nullable(),
  /** Its version: from 1, one more with each change of name, description, fields or definition. */
  version: z.int().positive(),
  /** Whether it makes no jobs any more. */
  isArchived: z.boolean(),
  /** Whether you may change it. */
  mayChange: z.boolean(),
  /** E-mail address of the keeper who wrote this version. */
  author: z.string(),
  /** When it was made. */
  dateInserted: wireTimestamp,
  /** When this version was written. */
  dateVersion: wireTimestamp,
};

/** A job template in a list. */
export const jobTemplateSummary = z.strictObject(summaryFields).meta({ id: 'JobTemplateSummary' });
export type JobTemplateSummary = z.output<typeof jobTemplateSummary>;

/** A form that makes jobs, in one of its versions. */
export const jobTemplate = z
  .strictObject({
    ...summaryFields,
    /** The newest version that there is. */
    latestVersion: z.int().positive(),
    /** What the form asks for, in its order. */
    fields: z.array(templateField),
    /** The definition that a job is made of, before the fields are filled in. */
    definition: z.record(z.string(), z.unknown()),
    /** About what was sent: what of it has no effect. */
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: 'JobTemplate' });
export type JobTemplate = z.output<typeof jobTemplate>;

const templateDefinition = z.record(z.string(), z.unknown(), { error: wireWords });

const writable = {
  /** Its name. */
  name: wireName(),
  /** What it is for, in words. */
  description: wireString({ max: MAX_DESCRIPTION_LENGTH, trim: false }),
  /** What the form asks for, in its order; no two have the same name. */
  fields: templateFields,
  /** A definition as in `POST jobs/`; what fields set may be left out of it. */
  definition: templateDefinition,
};

/** What a new job template is made of. */
export const jobTemplateCreation = wireObject({
  ...writable,
  /** What it is for, in words. */
  description: writable.description.default(''),
  /** What the form asks for, in its order; no two have the same name. */
  fields: writable.fields.default([]),
  /** The project whose members may use it; for everybody without one, which administrators alone may say. */
  projectId: wireReferenceOrNull().default(null),
});
export type JobTemplateCreation = z.input<typeof jobTemplateCreation>;
export type ParsedTemplateCreation = z.output<typeof jobTemplateCreation>;

/** What may change of one; what is absent stays. */
export const jobTemplateUpdate = wireObject({
  /** Its name. */
  name: writable.name.optional(),
  /** What it is for, in words. */
  description: writable.description.optional(),
  /** What the form asks for, in its order. */
  fields: writable.fields.optional(),
  /** A definition as in `POST jobs/`. */
  definition: writable.definition.optional(),
  /** Whether it makes no jobs any more. */
  isArchived: wireBoolean().optional(),
  /** The version that the change was made from: refused when somebody else has written another one since. */
  version: wireInteger({ min: 1 }).optional(),
});
export type JobTemplateUpdate = z.input<typeof jobTemplateUpdate>;
export type ParsedTemplateUpdate = z.output<typeof jobTemplateUpdate>;

/** Values by the names of the fields; what is absent has its default, and null is none. */
const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()], {
  error: 'Give a text, a number, true or false, or a list of ids.',
});
export type TemplateValue = z.output<typeof fieldValue>;
export const templateValues = byUsableName(
  z
    .record(z.string(), fieldValue, { error: wireWords })
    .refine((values) => Object.keys(values).length <= MAX_TEMPLATE_FIELDS, {
      error: `Ensure this has no more than ${MAX_TEMPLATE_FIELDS} entries.`,
    }),
  `No field is called ${UNUSABLE_NAME}.`,
);

const filled = {
  /** Values by the names of the fields; those that are absent have their defaults, and null is none. */
  values: templateValues.default({}),
  /** The version that was filled in; the newest when absent. */
  version: wireInteger({ min: 1 }).optional(),
  /** Name of the job; that of the definition, or of the template, when absent. */
  name: wireName().optional(),
};

export const listJobTemplates = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/job-templates/',
  access: 'user',
  summary: 'Job templates that you may use, by name',
  description:
    'Those for everybody, and those of projects that you belong to; for administrators all. Archived ones are for those who may change them.',
  query: wireQuery(
    {
      ...pageFields,
      /** Part of the name, in upper or lower case. */
      search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
      /** Only those of this project, by its id. */
      project: wireReference().optional(),
      /** Only those that are archived, or with false only those that are not; the latter when absent. */
      archived: wireBoolean().default(false),
    },
    { aliases: pageAliases, strict: true },
  ),
  status: 200,
  response: page(jobTemplateSummary),
});

export const createJobTemplate = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/job-templates/',
  access: 'manager',
  summary: 'Add a job template',
  description:
    'For everybody, by administrators; or for a project, by whoever manages it. Files that the definition names, and that you may attach, may be taken by every job that is made of it. The fields, and with their defaults the definition, are checked; whether the site offers what it asks for, `preview/` says.',
  body: jobTemplateCreation,
  status: 201,
  response: jobTemplate,
});

export const getJobTemplate = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/job-templates/:templateId/',
  access: 'user',
  summary: 'One job template, in its newest version or another one',
  description: 'One that you may not use is answered with 404.',
  params,
  query: wireQuery({
    /** The version; the newest when absent. */
    version: wireInteger({ min: 1 }).optional(),
  }),
  status: 200,
  response: jobTemplate,
});

export const updateJobTemplate = endpoint({
  ...shared,
  method: 'PATCH',
  path: '/api/v2/job-templates/:templateId/',
  access: 'manager',
  summary: 'Change a job template, or archive it',
  description:
    'A change of name, description, fields or definition is a new version; those before stay, and so do jobs that were made of them. Refused with 409 when `version` is not the newest any more.',
  params,
  body: jobTemplateUpdate,
  status: 200,
  refusals: ['Conflict'],
  response: jobTemplate,
});

export const deleteJobTemplate = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/job-templates/:templateId/',
  access: 'manager',
  summary: 'Delete a job template with all its versions',
  description:
    'Jobs that were made of it stay as they are. Their owners can attach files that only the template let them have no more: archive it where they clone such jobs.',
  params,
  status: 204,
});

/** That a job template was changed, and by whom. */
export const jobTemplateVersion = z
  .strictObject({
    /** The version. */
    version: z.int().positive(),
    /** Name of the template in it. */
    name: z.string(),
    /** E-mail address of the keeper who wrote it. */
    author: z.string(),
    /** When it was written. */
    dateInserted: wireTimestamp,
  })
  .meta({ id: 'JobTemplateVersion' });
export type JobTemplateVersion = z.output<typeof jobTemplateVersion>;

export const listJobTemplateVersions = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/job-templates/:templateId/versions/',
  access: 'user',
  summary: 'Versions of a job template, the newest first',
  description: 'What they hold is at `job-templates/{templateId}/?version=`.',
  params,
  query: pageQuery,
  status: 200,
  response: page(jobTemplateVersion),
});

/** What a filled-in form would become. */
export const jobTemplatePreview = z
  .strictObject({
    ...jobPreview.shape,
    /** The definition with the values in it, as `POST jobs/` takes it. */
    definition: z.record(z.string(), z.unknown()),
    /** What each tile executes: the values that commands have as environment variables, and the command. */
    scripts: z.array(z.string()),
  })
  .meta({ id: 'JobTemplatePreview' });
export type JobTemplatePreview = z.output<typeof jobTemplatePreview>;

export const previewJobTemplate = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/job-templates/:templateId/preview/',
  access: 'user',
  summary: 'What a job of this template would become; nothing is saved',
  description:
    'Refuses values under their names in `values`, and what is wrong with the template itself under `definition`. Beside that, as `POST jobs/preview/`.',
  params,
  body: wireObject({
    ...filled,
    /** The run with whose values templates are rendered, from 1. */
    run: wireInteger({ min: 1 }).default(1),
    /** How many points are answered. */
    points: wireInteger({ min: 0, max: MAX_PREVIEW_POINTS }).default(0),
  }),
  status: 200,
  response: jobTemplatePreview,
});

export const createTemplateJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/job-templates/:templateId/jobs/',
  access: 'user',
  idempotent: true,
  summary: 'Make a job of a template, and submit it if wished',
  description:
    'The job says in `jobTemplate` which template and version it was made of, for as long as its definition is what that made: a change of more than name, description, project and tags makes it a job like any other. An archived template makes none (`template_archived`).',
  params,
  body: wireObject({
    ...filled,
    /** Whether the job is submitted as well, in the same transaction. */
    submit: wireBoolean().default(false),
  }),
  status: 201,
  response: job,
  responseV3: jobV3,
});
