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
import {
  documentedAs,
  wireBoolean,
  wireChoice,
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

/** `{id}` of a file, or null. The rest of a file object may come along. */
const fileReference = wireObject(
  { id: wireReference() },
  { ignored: [...Object.keys(fileFields), 'decompress'] },
);
export const fileReferenceOrNull = z.preprocess(
  emptyAsNull,
  fileReference.nullable(),
) as unknown as z.ZodType<{ id: string } | null, { id: string } | null>;

const analysisReference = wireObject(
  {
    code: wireReference(),
    /** The versionCode; the newest version when absent. */
    version: (
      z.preprocess(emptyAsNull, wireString({ max: 255 }).nullable()) as unknown as z.ZodType<
        string | null,
        string | null
      >
    ).optional(),
  },
  { ignored: ['id', 'name', 'versionName', 'type', 'version_name'] },
);

/** A code, or a whole core type as v3 sends it. */
const coreTypeReference = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && 'code' in value
      ? (value as { code: unknown }).code
      : value,
  wireReference(),
) as unknown as z.ZodType<string, string | { code: string }>;
documentedAs.set(coreTypeReference, {
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'object', properties: { code: { type: 'string', minLength: 1 } }, required: ['code'] },
  ],
  description: 'The code of a core type, as text (v2) or in an object (v3).',
});

const walltimeHours = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? null : value),
  wireInteger({ min: 1, max: MAX_WALLTIME_HOURS }).nullable(),
) as unknown as z.ZodType<number | null, number | null>;

export const HARDWARE_TYPES = ['compute', 'interactive'] as const;

export const hardwareDefinition = wireObject(
  {
    coreType: coreTypeReference,
    coresPerSlot: wireInteger({ min: 1, max: MAX_CORES_PER_SLOT }),
    /** How many runs execute at the same time. */
    slots: wireInteger({ min: 1, max: MAX_SLOTS }).default(1),
    /** Hours; null for the longest that the account allows. */
    walltime: walltimeHours.default(null),
    type: wireChoice(HARDWARE_TYPES, (text) => text.toLowerCase()).default('compute'),
  },
  { ignored: [...IGNORED_ANYWHERE, 'coreSummary', 'core_summary', 'is_reusable'] },
);
export type HardwareDefinition = z.input<typeof hardwareDefinition>;

const ENVIRONMENT_NAME_RULE = `The name of a variable has 1 to ${MAX_ENVIRONMENT_NAME_LENGTH} characters, without "=", blanks or control characters.`;

export const environmentVariables = z.preprocess(
  (value, context) => {
    const names = Object.keys(value ?? {});
    if (names.length > MAX_ENVIRONMENT_VARIABLES) {
      refuse(context, [], `Ensure there are no more than ${MAX_ENVIRONMENT_VARIABLES} variables.`);
      return value;
    }
    for (const name of names) {
      if (name.length <= MAX_ENVIRONMENT_NAME_LENGTH && /^[^=\s\p{Cc}]+$/u.test(name)) continue;
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
  code: string;
  name: string;
}

/** null, `""`, a code, or `{code, name}`. */
const licenseSeller = z.preprocess(
  (value) => (typeof value === 'string' ? (value.trim() === '' ? null : { code: value }) : value),
  wireObject({ code: wireReference(), name: wireString({ max: 255 }).optional() })
    .transform((seller): LicenseSeller => ({ code: seller.code, name: seller.name ?? seller.code }))
    .nullable(),
) as unknown as z.ZodType<LicenseSeller | null, string | { code: string; name?: string } | null>;

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
  featureSets: wireListOrNull(
    wireObject({
      name: wireString({ max: 255 }),
      features: wireListOrNull(
        wireObject({ name: wireString({ max: 255 }), count: wireInteger({ min: 0 }) }),
        { max: MAX_LICENSE_FEATURES },
      ).default([]),
    }),
    { max: MAX_LICENSE_FEATURES },
  ).default([]),
});

const flags = z.preprocess(
  (value) => value ?? {},
  z.looseObject(
    {
      /** Skip the check of preconditions (the Validated step). */
      igCv: wireBoolean().optional(),
      /** Keep the cluster after the command. */
      runForever: wireBoolean().optional(),
    },
    { error: wireWords },
  ),
) as unknown as z.ZodType<
  { [flag: string]: unknown; igCv?: boolean; runForever?: boolean },
  { [flag: string]: unknown; igCv?: boolean; runForever?: boolean } | null
>;

const templateTask = wireObject({
  /** Relative to the work directory. */
  processedFilename: wireString({ max: MAX_RELATIVE_PATH_LENGTH, blank: false }),
  templateFile: fileReference,
});

/** One tile of a job. */
export const jobAnalysisDefinition = wireObject(
  {
    analysis: analysisReference,
    /** May be several lines, and may be `""` where another tile does the work. */
    command: wireString({ max: MAX_COMMAND_LENGTH, trim: false }),
    hardware: hardwareDefinition,
    inputFiles: wireListOrNull(
      wireObject(
        { id: wireReference(), decompress: wireBoolean().default(true) },
        { ignored: [...Object.keys(fileFields), 'inputFileType', 'decompressed'] },
      ),
      { max: MAX_INPUT_FILES },
    ).default([]),
    envVars: environmentVariables.default({}),
    useRescaleLicense: wireBoolean().default(false),
    onDemandLicenseSeller: licenseSeller.default(null),
    userDefinedLicenseSettings: userDefinedLicenseSettings.nullable().default(null),
    flags: flags.default({}),
    templateTasks: wireListOrNull(templateTask, { max: MAX_TEMPLATE_TASKS }).default([]),
    preProcessScript: fileReferenceOrNull.default(null),
    preProcessScriptCommand: wireString({ max: MAX_COMMAND_LENGTH, trim: false }).default(''),
    postProcessScript: fileReferenceOrNull.default(null),
    postProcessScriptCommand: wireString({ max: MAX_COMMAND_LENGTH, trim: false }).default(''),
  },
  { ignored: [...IGNORED_ANYWHERE, 'inputFolders', 'input_folders', 'order'] },
).meta({ id: 'JobAnalysisDefinition' });
export type JobAnalysisDefinition = z.input<typeof jobAnalysisDefinition>;
