/** A job as the API answers it: full (v2 and v3) and as an item of a list. */
import { z } from 'zod';
import { failure, runUsage } from './agent.ts';
import { coreTypeV3 } from './core-types.ts';
import { fileObject } from './files.ts';
import { HARDWARE_TYPES } from './job-analysis-definition.ts';
import { BILLING_PRIORITIES } from './job-definition.ts';
import { jobOutcome, jobStatusName, waiting } from './job-status.ts';
import { jobOptimization, optimizerDefinition, retryPolicy } from './sweeps.ts';
import { wireId, wireTimestamp } from './wire.ts';

const openObject = z.record(z.string(), z.unknown());

const coreSummary = z.strictObject({
  numberOfNodes: z.number(),
  /** MB. */
  memoryPerNode: z.number(),
  /** GB. */
  storagePerNode: z.number(),
});

const hardwareFields = {
  coresPerSlot: z.int().positive(),
  slots: z.int().positive(),
  /** Hours. */
  walltime: z.int().positive().nullable(),
  type: z.enum(HARDWARE_TYPES),
  coreSummary,
};

/** Core types nested in v3 jobs: only the code is certain, and `io` is a number here. */
export const nestedCoreType = z
  .strictObject({
    ...coreTypeV3.partial().shape,
    code: z.string(),
    name: z.string(),
    io: z.union([z.string(), z.number()]).optional(),
  })
  .meta({ id: 'NestedCoreType' });

const analysisFields = {
  code: z.string(),
  name: z.string(),
  /** The versionCode. */
  version: z.string(),
  versionName: z.string(),
};

const inputFile = z.strictObject({ ...fileObject.shape, decompress: z.boolean() }).meta({ id: 'InputFile' });

const jobAnalysisFields = {
  command: z.string(),
  envVars: z.record(z.string(), z.string()),
  flags: openObject,
  inputFiles: z.array(inputFile),
  inputFolders: z.array(z.unknown()),
  templateTasks: z.array(z.strictObject({ processedFilename: z.string(), templateFile: fileObject })),
  preProcessScript: fileObject.nullable(),
  preProcessScriptCommand: z.string(),
  postProcessScript: fileObject.nullable(),
  postProcessScriptCommand: z.string(),
  useRescaleLicense: z.boolean(),
  onDemandLicenseSeller: z.strictObject({ code: z.string(), name: z.string() }).nullable(),
  userDefinedLicenseSettings: openObject.nullable(),
};

export const jobAnalysis = z
  .strictObject({
    analysis: z.strictObject(analysisFields),
    hardware: z.strictObject({ coreType: z.string(), ...hardwareFields }),
    ...jobAnalysisFields,
  })
  .meta({ id: 'JobAnalysis' });
export type JobAnalysis = z.output<typeof jobAnalysis>;

export const jobAnalysisV3 = z
  .strictObject({
    analysis: z.strictObject({ ...analysisFields, id: z.string(), type: z.string() }),
    hardware: z.strictObject({ coreType: nestedCoreType, ...hardwareFields }),
    ...jobAnalysisFields,
  })
  .meta({ id: 'JobAnalysisV3' });
export type JobAnalysisV3 = z.output<typeof jobAnalysisV3>;

export const tag = z.strictObject({ name: z.string(), normalizedName: z.string() });

/** An amount of money; `formula` says how it comes about. */
const reckoned = z.strictObject({ amount: z.string(), currency: z.string(), formula: z.string() });

export const jobCost = z
  .strictObject({
    /** What the job costs if it uses its whole walltime. */
    estimate: reckoned.nullable(),
    /** What the time it has used costs; null before it has begun. */
    used: reckoned.nullable().optional(),
  })
  .meta({ id: 'JobCost' });
export type JobCost = z.output<typeof jobCost>;

/** Ours; other platforms do not have them. */
const additions = {
  /** The latest display status, null before submit. */
  status: jobStatusName.nullable().optional(),
  outcome: jobOutcome.nullable().optional(),
  failure: failure.nullable().optional(),
  waiting: waiting.nullable().optional(),
  cost: jobCost.nullable().optional(),
  retryPolicy: retryPolicy.meta({ id: 'RetryPolicy' }).nullable().optional(),
  /** Slots that the cluster has: fewer than asked for where the host has no room for more. Null before it starts. */
  slotsGranted: z.int().positive().nullable().optional(),
  /** Null before submit. `failed` are runs that ended other than in success. */
  progress: z
    .strictObject({
      runs: z.int().nonnegative(),
      ended: z.int().nonnegative(),
      failed: z.int().nonnegative(),
    })
    .nullable()
    .optional(),
  /** Null for a job without an optimizer, and before submit. */
  optimization: jobOptimization.nullable().optional(),
  /** Of all ended runs together; the peak is that of the run with the highest. Null before the first has ended. */
  usage: runUsage.nullable().optional(),
  /** What was accepted but has no effect, on create and update; of a job that has ended, what it could not keep. */
  warnings: z.array(z.string()).optional(),
};

const jobFields = {
  id: wireId,
  name: z.string(),
  /** E-mail address. */
  owner: z.string(),
  dateInserted: wireTimestamp,
  description: z.string(),
  projectId: wireId.nullable(),
  folderId: z.string().nullable(),
  clonedFrom: wireId.nullable(),
  isLowPriority: z.boolean(),
  billingPriorityValue: z.enum(BILLING_PRIORITIES),
  isTemplate: z.boolean(),
  expectedRuns: z.int().nonnegative().nullable(),
  jobvariables: z.array(
    z.strictObject({
      name: z.string(),
      variableType: z.string(),
      displayOrder: z.int(),
      valueGeneratorType: z.string(),
      valueGeneratorSettings: openObject,
    }),
  ),
  paramFile: fileObject.nullable(),
  caseFile: fileObject.nullable(),
  optimizer: optimizerDefinition.meta({ id: 'Optimizer' }).nullable(),
  includeNominalRun: z.boolean(),
  monteCarloIterations: z.int().nullable(),
  isTemplateDryRun: z.boolean(),
  archiveFilters: z.array(openObject),
  resourceFilters: z.array(openObject),
  remoteVizConfig: z.unknown().nullable(),
  userTags: z.array(tag),
  customFields: openObject,
  cidrRule: z.string(),
  publicKey: z.string(),
  sshPort: z.int(),
  jobAutomations: z.array(
    z.strictObject({
      automation: z.looseObject({ id: z.string() }),
      environmentVariables: z.record(z.string(), z.string()),
    }),
  ),
  clusterId: z.string().nullable(),
  elapsedWalltimeSeconds: z.number().nonnegative().nullable(),
  sharedWith: z.array(z.string()),
  ...additions,
};

export const job = z.strictObject({ ...jobFields, jobanalyses: z.array(jobAnalysis) }).meta({ id: 'Job' });
export type Job = z.output<typeof job>;

export const jobV3 = z
  .strictObject({
    ...jobFields,
    jobanalyses: z.array(jobAnalysisV3),
    attachedJobs: z.array(z.unknown()),
    autoAttachCloudfilesystem: z.boolean(),
    autosuspend: z.unknown().nullable(),
    currentUserHasFullAccess: z.boolean(),
    delayedStart: z.unknown().nullable(),
    isPinned: z.boolean(),
    isPublisherSandbox: z.boolean(),
    launchConfig: z.unknown().nullable(),
    osCostTier: z.string(),
    overrideImageName: z.string().nullable(),
    overrideImageRegion: z.string().nullable(),
    region: z.string().nullable(),
    rsjJob: z.unknown().nullable(),
    study: z.unknown().nullable(),
    supportsReboot: z.boolean(),
    suspendAvailable: z.boolean(),
    suspensionStatus: z.string().nullable(),
    templatedFrom: z.string().nullable(),
  })
  .meta({ id: 'JobV3' });
export type JobV3 = z.output<typeof jobV3>;

const statusLabel = z.strictObject({
  /** Display name of the latest status, `""` before there is one. */
  content: z.string(),
  labelClass: z.string(),
  useLabel: z.boolean(),
  statusReason: z.string().nullable().optional(),
});

const summaryFields = {
  id: wireId,
  name: z.string(),
  owner: z.string(),
  dateInserted: wireTimestamp,
  analysisNames: z.array(z.string()),
  jobStatus: statusLabel,
  clusterStatusDisplay: statusLabel,
  isVisible: z.boolean(),
  sharedWith: z.array(z.string()),
  /** Bytes of its outputs, and of the directories that are kept of runs that were cut off. */
  storage: z.int().nonnegative(),
  userTags: z.array(tag).optional(),
  clonedFrom: wireId.nullable().optional(),
  projectId: wireId.nullable().optional(),
  /** Ours. */
  outcome: jobOutcome.nullable().optional(),
};

export const jobSummary = z.strictObject(summaryFields).meta({ id: 'JobSummary' });
export type JobSummary = z.output<typeof jobSummary>;

export const jobSummaryV3 = z
  .strictObject({
    ...summaryFields,
    folder: z.strictObject({ id: z.string(), name: z.string(), parentId: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'JobSummaryV3' });
export type JobSummaryV3 = z.output<typeof jobSummaryV3>;
