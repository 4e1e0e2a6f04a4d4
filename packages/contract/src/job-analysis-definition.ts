/** One tile of a job definition: software, command, hardware, inputs, environment and licences. */
import { z } from 'zod';
import { wireWords } from './errors.ts';
import { fileFields } from './files.ts';
import {
  MAX_COMMAND_LENGTH,
  MAX_CORES_PER_SLOT,
  MAX_ENVIRONMENT_NAME_LENGTH,
  MAX_ENVIRONMENT_VALUE_LENGTH,
  MAX_ENVIRONMENT_VARIABLES,
  MAX_INPUT_FILES,
  MAX_LICENSE_FEATURES,
  MAX_RELATIVE_PATH_LENGTH,
  MAX_SLOTS,
  MAX_TEMPLATE_TASKS,
  MAX_WALLTIME_HOURS,
} from './limits.ts';
import { hasUnusableName, UNUSABLE_NAME } from './unusable-name.ts';
import {
  documentedAs,
  wireBoolean,
  wireChoice,
  wireHours,
  wireInteger,
  wireListOrNull,
  wireObject,
  wireReference,
  wireString,
} from './wire.ts';

/** Without effect wherever a job definition has them: of other clients, or of versions long gone. */
export const IGNORED_ANYWHERE = [
  'numOfNodes',
  'cores',
  'useMPI',
  'useMpi',
  'use_mpi',
  'data',
  'inputFileParseTask',
  'autoTerminateCluster',
  'isReusable',
  'runLowPriority',
  'run_low_priority',
];

const emptyAsNull = (value: unknown) => (value === '' ? null : value);

/** A file of yours by its id. The rest of a file object may come along. */
export const fileReference = wireObject(
  {
    /** Id of a file of yours. */
    id: wireReference(),
  },
  { ignored: [...Object.keys(fileFields), 'decompress'] },
).meta({ id: 'FileReference' });
export const fileReferenceOrNull = z.preprocess(
  emptyAsNull,
  fileReference.nullable(),
) as unknown as z.ZodType<z.output<typeof fileReference> | null, z.input<typeof fileReference> | null>;

/** A software by its code. */
export const analysisReference = wireObject(
  {
    /** Code of the software, such as `user_included` for commands of your own. */
    code: wireReference(),
    /** Its `versionCode`; the newest version when absent. */
    version: (
      z.preprocess(emptyAsNull, wireString({ max: 255 }).nullable()) as unknown as z.ZodType<
        string | null,
        string | null
      >
    ).optional(),
  },
  { ignored: ['id', 'name', 'versionName', 'type', 'version_name'] },
).meta({ id: 'AnalysisReference' });

/** A code, or a whole core type as v3 sends it. */
const coreTypeReference = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && 'code' in value
      ? (value as { code: unknown }).code
      : value,
  wireReference(),
) as unknown as z.ZodType<
  string,
  | string
  | {
      /** Code of the core type. */
      code: string;
    }
>;
documentedAs.set(coreTypeReference, {
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'object', properties: { code: { type: 'string', minLength: 1 } }, required: ['code'] },
  ],
});

const walltimeHours = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? null : value),
  wireHours({ max: MAX_WALLTIME_HOURS }).nullable(),
) as unknown as z.ZodType<number | null, number | null>;

export const HARDWARE_TYPES = ['compute', 'interactive'] as const;

/** What a job is to run on. */
export const hardwareDefinition = wireObject(
  {
    /** Code of the core type, as text (v2) or in an object (v3). */
    coreType: coreTypeReference,
    /** Cores of each slot: one of the sizes that the core type offers. */
    coresPerSlot: wireInteger({ min: 1, max: MAX_CORES_PER_SLOT }),
    /** How many runs execute at the same time; a job with one run holds one slot. */
    slots: wireInteger({ min: 1, max: MAX_SLOTS }).default(1),
    /** Hours that the job may execute, such as 1.5, to the second; null for what the site gives jobs that name none. */
    walltime: walltimeHours.default(null),
    /** Kind of the job; interactive ones are refused here. */
    type: wireChoice(HARDWARE_TYPES, (text) => text.toLowerCase()).default('compute'),
  },
  { ignored: [...IGNORED_ANYWHERE, 'coreSummary', 'core_summary', 'is_reusable'] },
).meta({ id: 'HardwareDefinition' });
export type HardwareDefinition = z.input<typeof hardwareDefinition>;

const ENVIRONMENT_NAME_RULE = `The name of a variable has 1 to ${MAX_ENVIRONMENT_NAME_LENGTH} characters, without "=", blanks or control characters.`;

export const environmentVariables = z.preprocess(
  (value, context) => {
    const names = Object.keys(value ?? {});
    if (names.length > MAX_ENVIRONMENT_VARIABLES) {
      refuse(context, [], `Ensure there are no more than ${MAX_ENVIRONMENT_VARIABLES} variables.`);
      return value;
    }
    if (hasUnusableName(value)) {
      refuse(context, [], `A variable may not be called ${UNUSABLE_NAME}.`);
    }
    for (const name of names) {
      if (name.length <= MAX_ENVIRONMENT_NAME_LENGTH && /^[^=\s\p{Cc}]+$/u.test(name)) {
        continue;
      }
      refuse(context, [name], ENVIRONMENT_NAME_RULE);
    }
    return value ?? {};
  },
  z.record(z.string(), wireEnvironmentValue(), { error: wireWords }),
) as unknown as z.ZodType<Record<string, string>, Record<string, string> | null>;

function refuse(context: z.core.$RefinementCtx, path: string[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

/** Text; numbers and booleans become text, as they would in a shell. */
function wireEnvironmentValue(): z.ZodType<string, string> {
  return z.preprocess(
    (value) => (typeof value === 'boolean' ? String(value) : value),
    wireString({ max: MAX_ENVIRONMENT_VALUE_LENGTH, trim: false }),
  ) as unknown as z.ZodType<string, string>;
}

export interface LicenseSeller {
  /** Code of the seller. */
  code: string;
  /** Name of the seller; the code when absent. */
  name: string;
}

/** null, `""`, a code, or `{code, name}`. */
const licenseSeller = z.preprocess(
  (value) => (typeof value === 'string' ? (value.trim() === '' ? null : { code: value }) : value),
  wireObject({ code: wireReference(), name: wireString({ max: 255 }).optional() })
    .transform((seller): LicenseSeller => ({ code: seller.code, name: seller.name ?? seller.code }))
    .nullable(),
) as unknown as z.ZodType<
  LicenseSeller | null,
  string | (Pick<LicenseSeller, 'code'> & Partial<LicenseSeller>) | null
>;

documentedAs.set(licenseSeller, {
  anyOf: [
    { type: 'null' },
    { type: 'string' },
    {
      type: 'object',
      properties: { code: { type: 'string' }, name: { type: 'string' } },
      required: ['code'],
    },
  ],
});

const userDefinedLicenseSettings = wireObject({
  /** Sets of features. */
  featureSets: wireListOrNull(
    wireObject({
      /** Name of the set. */
      name: wireString({ max: 255 }),
      /** Its features. */
      features: wireListOrNull(
        wireObject({
          /** Name of the feature. */
          name: wireString({ max: 255 }),
          /** How many of it. */
          count: wireInteger({ min: 0 }),
        }),
        { max: MAX_LICENSE_FEATURES },
      ).default([]),
    }),
    { max: MAX_LICENSE_FEATURES },
  ).default([]),
});

export interface Flags {
  /** Leaves out the check of preconditions, and with it `Validated` in the history; true for one tile counts for all. */
  igCv?: boolean;
  /** Keeps the cluster after the command; without effect here, where it ends with its job. */
  runForever?: boolean;
  [flag: string]: unknown;
}

const flags = z.preprocess(
  (value) => value ?? {},
  z.looseObject(
    { igCv: wireBoolean().optional(), runForever: wireBoolean().optional() },
    { error: wireWords },
  ),
) as unknown as z.ZodType<Flags, Flags | null>;

/** A file that is made of a template for each run. */
export const templateTask = wireObject({
  /** Path of the rendered file relative to the work directory. */
  processedFilename: wireString({ max: MAX_RELATIVE_PATH_LENGTH, blank: false }),
  /** The template. */
  templateFile: fileReference,
}).meta({ id: 'TemplateTaskDefinition' });

/** A file of yours that a tile takes as input. */
export const inputFileDefinition = wireObject(
  {
    /** Id of a file of yours. */
    id: wireReference(),
    /** Whether it is unpacked, if it is an archive. */
    decompress: wireBoolean().default(true),
  },
  { ignored: [...Object.keys(fileFields), 'inputFileType', 'decompressed'] },
).meta({ id: 'InputFileDefinition' });

/** One tile of a job. */
export const jobAnalysisDefinition = wireObject(
  {
    /** The software. */
    analysis: analysisReference,
    /** What is executed, by `bash`; may be several lines, and empty where another tile does the work. */
    command: wireString({ max: MAX_COMMAND_LENGTH, trim: false }),
    /** What it runs on; that of the first tile counts for all. */
    hardware: hardwareDefinition,
    /** Files that lie in the work directory before the command. */
    inputFiles: wireListOrNull(inputFileDefinition, { max: MAX_INPUT_FILES }).default([]),
    /** Environment variables of the command. */
    envVars: environmentVariables.default({}),
    /** Whether a licence of the platform is wanted; without effect here. */
    useRescaleLicense: wireBoolean().default(false),
    /** Who sells the licence, as text or object; without effect here. */
    onDemandLicenseSeller: licenseSeller.default(null),
    /** Features of licences that the job needs; kept and answered. */
    userDefinedLicenseSettings: userDefinedLicenseSettings.nullable().default(null),
    /** Switches of other platforms; kept and answered. */
    flags: flags.default({}),
    /** Templates that are rendered for each run, before the command. */
    templateTasks: wireListOrNull(templateTask, { max: MAX_TEMPLATE_TASKS }).default([]),
    /** Script that lies in the work directory for `preProcessScriptCommand`. */
    preProcessScript: fileReferenceOrNull.default(null),
    /** What is executed before the command of each run. */
    preProcessScriptCommand: wireString({ max: MAX_COMMAND_LENGTH, trim: false }).default(''),
    /** Script that lies in the work directory for `postProcessScriptCommand`. */
    postProcessScript: fileReferenceOrNull.default(null),
    /** What is executed after the command when that succeeded; `name<TAB>value` on its standard output are results. */
    postProcessScriptCommand: wireString({ max: MAX_COMMAND_LENGTH, trim: false }).default(''),
  },
  { ignored: [...IGNORED_ANYWHERE, 'inputFolders', 'input_folders', 'order'] },
).meta({ id: 'JobAnalysisDefinition' });
export type JobAnalysisDefinition = z.input<typeof jobAnalysisDefinition>;
