/**
 * What `POST jobs/` takes. Clients also send back a whole job that they got (with edits), so everything the
 * answer has is accepted here, and what cannot be set is ignored.
 */
import { z } from 'zod';
import {
  environmentVariables,
  fileReferenceOrNull,
  IGNORED_ANYWHERE,
  jobAnalysisDefinition,
} from './job-analysis-definition.ts';
import {
  MAX_AUTOMATIONS,
  MAX_DESCRIPTION_LENGTH,
  MAX_FILTERS,
  MAX_JOB_ANALYSES,
  MAX_JOB_VARIABLES,
  MAX_MONTE_CARLO_ITERATIONS,
  MAX_RELATIVE_PATH_LENGTH,
  MAX_TAG_LENGTH,
  MAX_TAGS,
} from './limits.ts';
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
    filterType: wireString({ max: 255 }).optional(),
    selector: wireString({ max: MAX_RELATIVE_PATH_LENGTH }).optional(),
    include: wireBoolean().optional(),
    caseSensitive: wireBoolean().optional(),
  },
  { ignored: ['id'] },
);

const jobAutomation = wireObject(
  {
    automation: wireObject(
      { id: wireReference() },
      { ignored: ['name', 'executeOn', 'scriptName', 'command'] },
    ),
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
  name: wireName().optional(),
  jobanalyses: jobAnalyses.optional(),
  /** null: no project. Absent: the user's default one. */
  projectId: wireReferenceOrNull().optional(),
  isLowPriority: wireBoolean().optional(),
  /** Wins over `isLowPriority`. */
  billingPriorityValue: wireChoice(BILLING_PRIORITIES, (text) => text.toUpperCase())
    .nullable()
    .optional(),
  description: textOrNull(MAX_DESCRIPTION_LENGTH).optional(),
  tags: wireListOrNull(wireString({ max: MAX_TAG_LENGTH, blank: false }), { max: MAX_TAGS }).optional(),
  folderId: wireReferenceOrNull().optional(),
  clonedFrom: wireReferenceOrNull().optional(),
  cidrRule: textOrNull(255).optional(),
  publicKey: textOrNull(65_536).optional(),
  sshPort: wireInteger({ min: 1, max: 65_535 }).nullable().optional(),
  paramFile: fileReferenceOrNull.optional(),
  caseFile: fileReferenceOrNull.optional(),
  jobvariables: wireListOrNull(jobVariableDefinition, { max: MAX_JOB_VARIABLES }).optional(),
  optimizer: optimizerDefinition.nullable().optional(),
  /** Ours. */
  retryPolicy: retryPolicy.nullable().optional(),
  includeNominalRun: wireBoolean().optional(),
  isTemplateDryRun: wireBoolean().optional(),
  isTemplate: wireBoolean().optional(),
  monteCarloIterations: wireInteger({ min: 1, max: MAX_MONTE_CARLO_ITERATIONS }).nullable().optional(),
  archiveFilters: wireListOrNull(filter, { max: MAX_FILTERS }).optional(),
  resourceFilters: wireListOrNull(filter, { max: MAX_FILTERS }).optional(),
  clusterId: wireReferenceOrNull().optional(),
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
  ],
  ...['customFields', 'elapsedWalltimeSeconds', 'sharedWith', 'attachedJobs', 'autoAttachCloudfilesystem'],
  ...['autosuspend', 'currentUserHasFullAccess', 'delayedStart', 'isPinned', 'isPublisherSandbox'],
  ...['launchConfig', 'osCostTier', 'overrideImageName', 'overrideImageRegion', 'region', 'rsjJob', 'study'],
  ...['supportsReboot', 'suspendAvailable', 'suspensionStatus', 'waiveSla'],
  ...['outcome', 'failure', 'waiting', 'status', 'cost', 'warnings', 'jobStatus', 'clusterStatusDisplay'],
  ...['slotsGranted', 'progress', 'optimization', 'usage'],
];

const aliases = { projectID: 'projectId' };

/** The body of PATCH: any part of a definition. */
export const jobUpdate = wireObject(updatable, { ignored: IGNORED_IN_JOB, aliases }).meta({
  id: 'JobUpdate',
});
export type JobUpdate = z.input<typeof jobUpdate>;
export type ParsedJobUpdate = z.output<typeof jobUpdate>;

/** The body of create and PUT. */
export const jobDefinition = wireObject(
  {
    ...updatable,
    name: wireName(),
    jobanalyses: jobAnalyses,
    isLowPriority: wireBoolean().default(false),
    description: textOrNull(MAX_DESCRIPTION_LENGTH).default(''),
    tags: updatable.tags.unwrap().default([]),
    jobvariables: updatable.jobvariables.unwrap().default([]),
    includeNominalRun: wireBoolean().default(false),
    isTemplateDryRun: wireBoolean().default(false),
    isTemplate: wireBoolean().default(false),
    archiveFilters: updatable.archiveFilters.unwrap().default([]),
    resourceFilters: updatable.resourceFilters.unwrap().default([]),
    jobAutomations: updatable.jobAutomations.unwrap().default([]),
    paramFile: fileReferenceOrNull.default(null),
    caseFile: fileReferenceOrNull.default(null),
    optimizer: optimizerDefinition.nullable().default(null),
    retryPolicy: retryPolicy.nullable().default(null),
    monteCarloIterations: updatable.monteCarloIterations.unwrap().default(null),
    clonedFrom: wireReferenceOrNull().default(null),
    folderId: wireReferenceOrNull().default(null),
    clusterId: wireReferenceOrNull().default(null),
  },
  { ignored: IGNORED_IN_JOB, aliases },
).meta({ id: 'JobDefinition' });
/** What a client writes. */
export type JobDefinition = z.input<typeof jobDefinition>;
/** What a handler gets: coerced, aliases resolved, defaults filled in. */
export type ParsedJobDefinition = z.output<typeof jobDefinition>;
