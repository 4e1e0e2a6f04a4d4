/**
 * What `POST jobs/` takes. Clients also send back a whole job that they got (with edits), so everything the
 * answer has is accepted here, and what cannot be set is ignored.
 */
import { z } from 'zod';
import { dependencyDefinition } from './dependencies.ts';
import {
  environmentVariables,
  fileReferenceOrNull,
  IGNORED_ANYWHERE,
  jobAnalysisDefinition,
} from './job-analysis-definition.ts';
import {
  MAX_AUTOMATIONS,
  MAX_DEPENDENCIES,
  MAX_DESCRIPTION_LENGTH,
  MAX_FILTERS,
  MAX_JOB_ANALYSES,
  MAX_JOB_VARIABLES,
  MAX_MONTE_CARLO_ITERATIONS,
  MAX_RELATIVE_PATH_LENGTH,
  MAX_SNAPSHOT_GLOBS,
  MAX_TAG_LENGTH,
  MAX_TAGS,
} from './limits.ts';
import { pathGlob, snapshotScheduleDefinition } from './snapshots.ts';
import { storageDeviceAttachments } from './storage-devices.ts';
import { jobVariableDefinition, optimizerDefinition, retryPolicy } from './sweeps.ts';
import {
  wireBoolean,
  wireChoice,
  wireInteger,
  wireList,
  wireListOrNull,
  wireName,
  wireObject,
  wireReference,
  wireReferenceOrNull,
  wireString,
} from './wire.ts';

/** Which outputs are kept or put in archives. */
const filter = wireObject(
  {
    /** Kind of the filter. */
    filterType: wireString({ max: 255 }).optional(),
    /** Pattern of the names that it is about. */
    selector: wireString({ max: MAX_RELATIVE_PATH_LENGTH }).optional(),
    /** Whether these are kept or left out. */
    include: wireBoolean().optional(),
    /** Whether upper and lower case differ. */
    caseSensitive: wireBoolean().optional(),
  },
  { ignored: ['id'] },
);

const jobAutomation = wireObject(
  {
    /** The automation. */
    automation: wireObject(
      {
        /** Id of the automation. */
        id: wireReference(),
      },
      { ignored: ['name', 'executeOn', 'scriptName', 'command'] },
    ),
    /** Environment variables that it gets. */
    environmentVariables: environmentVariables.default({}),
  },
  { ignored: ['id'] },
);

export const BILLING_PRIORITIES = ['INSTANT', 'ON_DEMAND', 'RESERVED'] as const;

const jobAnalyses = wireList(jobAnalysisDefinition, { max: MAX_JOB_ANALYSES, nonEmpty: true });
const textOrNull = (max: number) =>
  z.preprocess((value) => value ?? '', wireString({ max, trim: false })) as unknown as z.ZodType<
    string,
    string | null
  >;

/** Every field that can be set, none required and none defaulted. */
const updatable = {
  /** Its name; several jobs may have the same. */
  name: wireName().optional(),
  /** Its tiles, executed in this order, one after the other in the same directory. */
  jobanalyses: jobAnalyses.optional(),
  /** Id of the project that it belongs to: null for none, the user's default one when absent. */
  projectId: wireReferenceOrNull().optional(),
  /** Whether it gives way to jobs of normal priority and costs less. */
  isLowPriority: wireBoolean().optional(),
  /** `INSTANT` is normal priority, `ON_DEMAND` low priority, `RESERVED` reserved cores; wins over `isLowPriority`. */
  billingPriorityValue: wireChoice(BILLING_PRIORITIES, (text) => text.toUpperCase())
    .nullable()
    .optional(),
  /** What it is about, in words. */
  description: textOrNull(MAX_DESCRIPTION_LENGTH).optional(),
  /** Its tags. */
  tags: wireListOrNull(wireString({ max: MAX_TAG_LENGTH, blank: false }), { max: MAX_TAGS }).optional(),
  /** The folder that it lies in; without effect here, where there are no folders. */
  folderId: wireReferenceOrNull().optional(),
  /** Id of the job that it is a copy of; kept and answered. */
  clonedFrom: wireReferenceOrNull().optional(),
  /** Networks that may reach it by SSH, such as `10.0.0.0/8`, separated by commas; those of your profile when absent. */
  cidrRule: textOrNull(255).optional(),
  /** SSH keys that it lets in beside those of your profile, one on each line. */
  publicKey: textOrNull(65_536).optional(),
  /** Port of its SSH server; without effect here. */
  sshPort: wireInteger({ min: 1, max: 65_535 }).nullable().optional(),
  /** CSV file of yours with the names of variables in the first line and a run on each other. */
  paramFile: fileReferenceOrNull.optional(),
  /** CSV file of the same form with a case on each line; every case runs with everything else that varies. */
  caseFile: fileReferenceOrNull.optional(),
  /** What varies between its runs, and what they print. */
  jobvariables: wireListOrNull(jobVariableDefinition, { max: MAX_JOB_VARIABLES }).optional(),
  /** Searches for the best values of its Design variables; null for none. */
  optimizer: optimizerDefinition.nullable().optional(),
  /** What becomes of its runs that fail; null for no retries. Not part of the original API. */
  retryPolicy: retryPolicy.nullable().optional(),
  /** Which snapshots are taken of its runs while they execute; null for those alone that are asked for. Not part of the original API. */
  snapshots: snapshotScheduleDefinition.nullable().optional(),
  /**
   * Patterns of the files from which a run can go on, as for `snapshots.globs`: they stay ordinary outputs, and the newest are
   * offered for a restart. Not part of the original API.
   */
  checkpoints: wireListOrNull(pathGlob, { max: MAX_SNAPSHOT_GLOBS }).optional(),
  /** Whether a first run has the nominal values. */
  includeNominalRun: wireBoolean().optional(),
  /** Whether templates are rendered and nothing else is done. */
  isTemplateDryRun: wireBoolean().optional(),
  /** Whether it is a template for other jobs; kept and answered. */
  isTemplate: wireBoolean().optional(),
  /** How often random variables are drawn; null where none are, or a variable says it. */
  monteCarloIterations: wireInteger({ min: 1, max: MAX_MONTE_CARLO_ITERATIONS }).nullable().optional(),
  /** Which outputs go into archives; without effect here. */
  archiveFilters: wireListOrNull(filter, { max: MAX_FILTERS }).optional(),
  /** Which outputs are kept; without effect here, where all are. */
  resourceFilters: wireListOrNull(filter, { max: MAX_FILTERS }).optional(),
  /** Jobs that are to end before it starts; once it is submitted it waits for them. Not part of the original API. */
  after: wireListOrNull(dependencyDefinition, { max: MAX_DEPENDENCIES }).optional(),
  /** Storage devices that its commands have as `$HOME/storage_<id>` and `/storage_<id>`. Not part of the original API. */
  storageDevices: storageDeviceAttachments.optional(),
  /** Id of a persistent cluster to execute on, as by `clusters/{id}/jobs/`; null for a cluster of its own. */
  clusterId: wireReferenceOrNull().optional(),
  /** Whether the cluster ends with the job; without effect here, where one of its own does, and a persistent one does not. */
  autoTerminateCluster: wireBoolean().nullable().optional(),
  /** What else is executed before or after; without effect here, where there are no automations, and warned of. */
  jobAutomations: wireListOrNull(jobAutomation, { max: MAX_AUTOMATIONS }).optional(),
};

/** What a job's answer has beside the fields that can be set. */
const IGNORED_IN_JOB = [
  ...IGNORED_ANYWHERE,
  ...[
    'id',
    'owner',
    'ownerId',
    'dateInserted',
    'expectedRuns',
    'remoteVizConfig',
    'templatedFrom',
    'userTags',
    'jobTemplate',
  ],
  ...['customFields', 'elapsedWalltimeSeconds', 'sharedWith', 'attachedJobs', 'autoAttachCloudfilesystem'],
  ...['autosuspend', 'currentUserHasFullAccess', 'delayedStart', 'isPinned', 'isPublisherSandbox'],
  ...['launchConfig', 'osCostTier', 'overrideImageName', 'overrideImageRegion', 'region', 'rsjJob', 'study'],
  ...['supportsReboot', 'suspendAvailable', 'suspensionStatus', 'waiveSla'],
  ...['outcome', 'failure', 'waiting', 'status', 'cost', 'warnings', 'jobStatus', 'clusterStatusDisplay'],
  ...['restartedFrom', 'slotsGranted', 'progress', 'optimization', 'usage'],
];

const aliases = { projectID: 'projectId' };

/** The body of PATCH: any part of a definition. */
export const jobUpdate = wireObject(updatable, { ignored: IGNORED_IN_JOB, aliases }).meta({
  id: 'JobUpdate',
});
export type JobUpdate = z.input<typeof jobUpdate>;
export type ParsedJobUpdate = z.output<typeof jobUpdate>;

type Fields = Record<string, z.ZodOptional<z.ZodType>>;
type Inner<Field> = Field extends z.ZodOptional<infer Schema> ? Schema : Field;
type Completed<Shape, Defaults> = {
  [Key in keyof Shape]: Key extends 'name' | 'jobanalyses'
    ? Inner<Shape[Key]>
    : Key extends keyof Defaults
      ? Inner<Shape[Key]> extends infer Schema extends z.ZodType
        ? z.ZodDefault<Schema>
        : never
      : Shape[Key];
};

/** The same fields, comments included, but with these defaults, and without a name or tiles nothing goes. */
function completed<
  Shape extends Fields,
  const Defaults extends { [Key in keyof Shape]?: z.output<Inner<Shape[Key]>> },
>(shape: Shape, defaults: Defaults): Completed<Shape, Defaults> {
  const fields = Object.entries(shape).map(([name, field]) => {
    const inner = field.unwrap();
    if (name === 'name' || name === 'jobanalyses') {
      return [name, inner];
    }
    return [name, name in defaults ? inner.default(defaults[name as keyof Defaults]) : field];
  });
  return Object.fromEntries(fields);
}

/** The body of create and PUT. */
export const jobDefinition = wireObject(
  completed(updatable, {
    isLowPriority: false,
    description: '',
    tags: [],
    jobvariables: [],
    includeNominalRun: false,
    isTemplateDryRun: false,
    isTemplate: false,
    archiveFilters: [],
    resourceFilters: [],
    jobAutomations: [],
    after: [],
    storageDevices: [],
    paramFile: null,
    caseFile: null,
    optimizer: null,
    retryPolicy: null,
    snapshots: null,
    checkpoints: [],
    monteCarloIterations: null,
    clonedFrom: null,
    folderId: null,
    clusterId: null,
  }),
  { ignored: IGNORED_IN_JOB, aliases },
).meta({ id: 'JobDefinition' });
/** What a client writes. */
export type JobDefinition = z.input<typeof jobDefinition>;
/** What a handler gets: coerced, aliases resolved, defaults filled in. */
export type ParsedJobDefinition = z.output<typeof jobDefinition>;
