/** What a definition would become, without saving it. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { cost } from './job.ts';
import { jobDefinition } from './job-definition.ts';
import { MAX_NAME_LENGTH, MAX_PREVIEW_CONTENTS, MAX_PREVIEW_POINTS } from './limits.ts';
import { wireInteger, wireObject, wireString } from './wire.ts';

/** The most that a job costs, and for how long that is. */
export const jobEstimate = z
  .strictObject({
    /** What it costs if it uses all the time it may. */
    most: cost,
    /** What an hour costs. */
    perHour: cost,
    /** Hours that `most` is for. */
    hours: z.number().positive(),
    /** Whether no walltime is given and the site gives such jobs none, so that `hours` is the longest that the account allows. */
    isLongest: z.boolean(),
    /** Whether no walltime is given, so that `hours` is what the site gives such jobs (`default_job_hours`). */
    isDefault: z.boolean(),
  })
  .meta({ id: 'JobEstimate' });
export type JobEstimate = z.output<typeof jobEstimate>;

const renderedTemplate = z.strictObject({
  /** Index of the tile, from 0. */
  tile: z.int().nonnegative(),
  /** Id of the template. */
  templateFile: z.string(),
  /** Where the rendered file lies in the work directory. */
  processedFilename: z.string(),
  /** Each use of a variable, in the order of the text. */
  names: z.array(
    z.strictObject({
      /** Name of the variable. */
      name: z.string(),
      /** Line of the use, from 1. */
      line: z.int().positive(),
      /** Column of the use in characters, from 1. */
      column: z.int().positive(),
      /** Whether a default stands in where the variable has no value. */
      hasDefault: z.boolean(),
    }),
  ),
  /** The file as this run would get it; null where an optimizer chooses the values, rendering fails, or templates before took all the room. */
  rendered: z.string().nullable(),
  /** Whether `rendered` is only the beginning. */
  isCut: z.boolean(),
  /** What has taken the place of each placeholder in `rendered`, in the order of the text. */
  inserts: z.array(
    z.strictObject({
      /** Line where the placeholder begins in the template, from 1. */
      line: z.int().positive(),
      /** Column where it begins, in characters, from 1. */
      column: z.int().positive(),
      /** How many characters it has. */
      length: z.int().positive(),
      /** The text that stands there in this run. */
      text: z.string(),
    }),
  ),
  /** Why rendering fails for this run, with line and column; null where it does not. */
  problem: z.string().nullable(),
  /** Where in the template that is; null where rendering does not fail. */
  problemAt: z
    .strictObject({
      /** Line, from 1. */
      line: z.int().positive(),
      /** Column in characters, from 1. */
      column: z.int().positive(),
    })
    .nullable(),
});

/** What a definition would become. */
export const jobPreview = z
  .strictObject({
    /** What is accepted and has no effect. */
    warnings: z.array(z.string()),
    /** What it costs at most. */
    estimate: jobEstimate,
    /** The runs that the definition stands for. */
    runs: z.strictObject({
      /** How many; null where an optimizer chooses them. */
      count: z.int().nonnegative().nullable(),
      /** How that comes about: each group of variables is combined with each. */
      factors: z.array(
        z.strictObject({
          /** Variables whose values go together. */
          variables: z.array(z.string()),
          /** How many values they have. */
          count: z.int().positive(),
        }),
      ),
      /** Whether a run with the nominal values comes after all others. */
      withNominal: z.boolean(),
    }),
    /** Names of the variables, in the order of `points`. */
    variables: z.array(z.string()),
    /** The values of the first runs, as templates insert them. */
    points: z.array(z.array(z.string())),
    /** Templates, with the values of one run. */
    templates: z.array(renderedTemplate),
    /** Variables that no template names; commands know them by their environment alone. */
    unused: z.array(z.string()),
    /** All variables where no template and no command has one of them, so that all runs may be the same; else empty. */
    unreached: z.array(z.string()),
  })
  .meta({ id: 'JobPreview' });
export type JobPreview = z.output<typeof jobPreview>;

export const previewJob = endpoint({
  method: 'POST',
  path: '/api/v2/jobs/preview/',
  versions: ['v2', 'v3'],
  tag: 'Jobs',
  access: 'user',
  extension: true,
  summary: 'What a definition would become; nothing is saved',
  description:
    'Refuses what `POST jobs/` refuses, under the same fields, and says of everything else what it will cost, which runs there will be, and what templates become in one of them. Seeds that are not given are drawn each time anew.',
  body: wireObject({
    /** The definition, as in `POST jobs/`. */
    definition: jobDefinition,
    /** The run with whose values templates are rendered, from 1. */
    run: wireInteger({ min: 1 }).default(1),
    /** How many points are answered. */
    points: wireInteger({ min: 0, max: MAX_PREVIEW_POINTS }).default(20),
    /** Templates and tables that are not uploaded yet, by ids of your own that stand in the definition for them. */
    contents: z
      .record(wireString({ max: MAX_NAME_LENGTH }), wireString({ max: 16 * 1024 * 1024, trim: false }))
      .refine((contents) => Object.keys(contents).length <= MAX_PREVIEW_CONTENTS, {
        error: `Ensure this has no more than ${MAX_PREVIEW_CONTENTS} entries.`,
      })
      .default({}),
  }),
  status: 200,
  response: jobPreview,
});
