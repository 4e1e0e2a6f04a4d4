/** A job as the API answers it: full (v2 and v3) and as an item of a list. */
import { z } from 'zod';
import { failure, runUsage } from './agent.ts';
import { coreTypeV3 } from './core-types.ts';
import { customFields } from './custom-fields.ts';
import { dependency } from './dependencies.ts';
import { fileObject } from './files.ts';
import { HARDWARE_TYPES } from './job-analysis-definition.ts';
import { BILLING_PRIORITIES } from './job-definition.ts';
import { jobOutcome, jobStatusName, waiting } from './job-status.ts';
import { restartedFrom, snapshotSchedule } from './snapshots.ts';
import { jobOptimization, optimizer, storedRetryPolicy } from './sweeps.ts';
import { wireId, wireTimestamp } from './wire.ts';

const openObject = z.record(z.string(), z.unknown());

const coreSummary = z.strictObject({
  /** Nodes that a slot spans. */
  numberOfNodes: z.number(),
  /** Memory in MB. */
  memoryPerNode: z.number(),
  /** Disk space in GB. */
  storagePerNode: z.number(),
});

const hardwareFields = {
  /** Cores of each slot. */
  coresPerSlot: z.int().positive(),
  /** How many runs execute at the same time, as asked for. */
  slots: z.int().positive(),
  /** Hours that the job may execute, as asked for; null for what the site gives jobs that name none. */
  walltime: z.number().positive().nullable(),
  /** Kind of the job; always `compute` here. */
  type: z.enum(HARDWARE_TYPES),
  /** What a node of it has. */
  coreSummary,
};

/** A core type nested in a job of v3: only code and name are certain. */
export const nestedCoreType = z
  .strictObject({
    ...coreTypeV3.partial().shape,
    /** What jobs name as `coreType`. */
    code: z.string(),
    /** The name for people. */
    name: z.string(),
    /** How fast the network is, in words or as a number. */
    io: z.union([z.string(), z.number()]).optional(),
  })
  .meta({ id: 'NestedCoreType' });

const analysisFields = {
  /** Code of the software. */
  code: z.string(),
  /** Its name for people. */
  name: z.string(),
  /** Its `versionCode`. */
  version: z.string(),
  /** The version for people. */
  versionName: z.string(),
};

/** A file that a tile takes as input. */
export const inputFile = z
  .strictObject({
    ...fileObject.shape,
    /** Whether it is unpacked, if it is an archive. */
    decompress: z.boolean(),
  })
  .meta({ id: 'InputFile' });

const jobAnalysisFields = {
  /** What is executed, by `bash`. */
  command: z.string(),
  /** Environment variables of the command. */
  envVars: z.record(z.string(), z.string()),
  /** Switches of the tile, as they were sent. */
  flags: openObject,
  /** Files that lie in the work directory before the command. */
  inputFiles: z.array(inputFile),
  /** Always empty here, where there are no folders. */
  inputFolders: z.array(z.unknown()),
  /** Templates that are rendered for each run. */
  templateTasks: z.array(
    z.strictObject({
      /** Path of the rendered file relative to the work directory. */
      processedFilename: z.string(),
      /** The template. */
      templateFile: fileObject,
    }),
  ),
  /** Script that lies in the work directory for `preProcessScriptCommand`; null without one. */
  preProcessScript: fileObject.nullable(),
  /** What is executed before the command of each run; empty for nothing. */
  preProcessScriptCommand: z.string(),
  /** Script that lies in the work directory for `postProcessScriptCommand`; null without one. */
  postProcessScript: fileObject.nullable(),
  /** What is executed after the command of each run when that succeeded; empty for nothing. */
  postProcessScriptCommand: z.string(),
  /** Whether a licence of the platform was asked for; without effect here. */
  useRescaleLicense: z.boolean(),
  /** Who sells the licence; without effect here. */
  onDemandLicenseSeller: z
    .strictObject({
      /** Code of the seller. */
      code: z.string(),
      /** Name of the seller. */
      name: z.string(),
    })
    .nullable(),
  /** Features of licences that the job needs, as they were sent. */
  userDefinedLicenseSettings: openObject.nullable(),
};

/** One tile of a job: a software with a command, its hardware and inputs. */
export const jobAnalysis = z
  .strictObject({
    /** The software. */
    analysis: z.strictObject(analysisFields),
    /** What the tile runs on. */
    hardware: z.strictObject({
      /** Code of the core type. */
      coreType: z.string(),
      ...hardwareFields,
    }),
    ...jobAnalysisFields,
  })
  .meta({ id: 'JobAnalysis' });
export type JobAnalysis = z.output<typeof jobAnalysis>;

/** One tile of a job as v3 shows it. */
export const jobAnalysisV3 = z
  .strictObject({
    /** The software. */
    analysis: z.strictObject({
      ...analysisFields,
      /** Id of the version. */
      id: z.string(),
      /** Kind of the software; always `compute` here. */
      type: z.string(),
    }),
    /** What the tile runs on. */
    hardware: z.strictObject({
      /** The core type. */
      coreType: nestedCoreType,
      ...hardwareFields,
    }),
    ...jobAnalysisFields,
  })
  .meta({ id: 'JobAnalysisV3' });
export type JobAnalysisV3 = z.output<typeof jobAnalysisV3>;

/** A tag of a job. */
export const tag = z
  .strictObject({
    /** The tag as it was written. */
    name: z.string(),
    /** The tag in lower case, by which tags are compared. */
    normalizedName: z.string(),
  })
  .meta({ id: 'Tag' });
export type Tag = z.output<typeof tag>;

/** An amount of money, and how it comes about. */
export const cost = z
  .strictObject({
    /** A decimal number. */
    amount: z.string(),
    /** Code of the currency, such as `USD`. */
    currency: z.string(),
    /** The calculation, in words: cores, slots, hours and price. */
    formula: z.string(),
  })
  .meta({ id: 'Cost' });

/** What a job costs. */
export const jobCost = z
  .strictObject({
    /** What the job costs if it uses its whole walltime; null where the site has no price. */
    estimate: cost.nullable(),
    /** What the time it has used so far costs; null before it has begun. */
    used: cost.nullable().optional(),
  })
  .meta({ id: 'JobCost' });
export type JobCost = z.output<typeof jobCost>;

/** How many runs of a job have ended. */
export const jobProgress = z
  .strictObject({
    /** All runs. */
    runs: z.int().nonnegative(),
    /** Those that have ended. */
    ended: z.int().nonnegative(),
    /** Those that ended otherwise than in success. */
    failed: z.int().nonnegative(),
  })
  .meta({ id: 'JobProgress' });

/** Ours; other platforms do not have them. */
const additions = {
  /** The latest entry of its history; null before submit. Not part of the original API. */
  status: jobStatusName.nullable().optional(),
  /** How it ended; null until then. A job is a success when all its runs are. Not part of the original API. */
  outcome: jobOutcome.nullable().optional(),
  /** Why it ended otherwise than in success; null after success and until it has ended. Not part of the original API. */
  failure: failure.nullable().optional(),
  /** Why it does not execute yet; null when it does not wait. Not part of the original API. */
  waiting: waiting.nullable().optional(),
  /** Jobs that are to end before it starts. Not part of the original API. */
  after: z.array(dependency).optional(),
  /** What it costs. Not part of the original API. */
  cost: jobCost.nullable().optional(),
  /** What becomes of its runs that fail; null for no retries. Not part of the original API. */
  retryPolicy: storedRetryPolicy.nullable().optional(),
  /** Storage devices that its commands have. Not part of the original API. */
  storageDevices: z
    .array(
      z.strictObject({
        /** Id of the storage device. */
        id: wireId,
        /** Files on it of which each run gets copies. */
        inputFiles: z.array(
          z.strictObject({
            /** Path of the file on the device. */
            sourcePath: z.string(),
            /** Its name in the work directory. */
            name: z.string(),
            /** Whether an archive is unpacked beside it. */
            decompress: z.boolean(),
            /** Directory below the work directory that it is put into; empty for that itself. */
            outputPath: z.string(),
          }),
        ),
      }),
    )
    .optional(),
  /** Which snapshots are taken of its runs; null for those alone that are asked for. Not part of the original API. */
  snapshots: snapshotSchedule.nullable().optional(),
  /** Patterns of the files from which a run can go on. Not part of the original API. */
  checkpoints: z.array(z.string()).optional(),
  /** What it goes on from; null for a job that begins anew. Not part of the original API. */
  restartedFrom: restartedFrom.nullable().optional(),
  /**
   * Slots that the cluster has: fewer than asked for where the host has no room for more. Null before it starts. Not
   * part of the original API.
   */
  slotsGranted: z.int().positive().nullable().optional(),
  /** How many runs have ended; null before submit. Not part of the original API. */
  progress: jobProgress.nullable().optional(),
  /** How far its optimizer has come; null without one, and before submit. Not part of the original API. */
  optimization: jobOptimization.nullable().optional(),
  /**
   * What all ended runs used together; the peak is that of the run with the highest. Null before the first has ended.
   * Not part of the original API.
   */
  usage: runUsage.nullable().optional(),
  /**
   * What was accepted but has no effect, on create and update; of a job that has ended, what it could not keep. Not part
   * of the original API.
   */
  warnings: z.array(z.string()).optional(),
};

const jobFields = {
  /** Id of the job. */
  id: wireId,
  /** Its name; several jobs may have the same. */
  name: z.string(),
  /** E-mail address of the owner. */
  owner: z.string(),
  /** When it was saved. */
  dateInserted: wireTimestamp,
  /** What it is about, in words. */
  description: z.string(),
  /** Id of the project that it belongs to; null without one. */
  projectId: wireId.nullable(),
  /** Always null here, where there are no folders. */
  folderId: z.string().nullable(),
  /** Id of the job that it is a copy of; null without one. */
  clonedFrom: wireId.nullable(),
  /** The job template that it was made of; null for one that was made freely, or changed since. Not part of the original API. */
  jobTemplate: z
    .strictObject({
      /** Id of the job template, which may have been deleted since. */
      id: wireId,
      /** Its version. */
      version: z.int().positive(),
    })
    .nullable()
    .optional(),
  /** Whether it gives way to jobs of normal priority and costs less. */
  isLowPriority: z.boolean(),
  /** `INSTANT` is normal priority, `ON_DEMAND` low priority, `RESERVED` reserved cores. */
  billingPriorityValue: z.enum(BILLING_PRIORITIES),
  /** Whether it was saved as a template for other jobs. */
  isTemplate: z.boolean(),
  /** How many runs it has or will have; null where only its optimizer decides. */
  expectedRuns: z.int().nonnegative().nullable(),
  /** What varies between its runs, and what they print. */
  jobvariables: z.array(
    z.strictObject({
      /** What templates call the variable. */
      name: z.string(),
      /** `Param`, `Case` and `Design` are given to runs; `Output`, `Objective` and `Constraint` are printed by them. */
      variableType: z.string(),
      /** Order in which values are listed. */
      displayOrder: z.int(),
      /** What makes its values; empty where a file or the optimizer does. */
      valueGeneratorType: z.string(),
      /** What the generator is told. */
      valueGeneratorSettings: openObject,
    }),
  ),
  /** CSV file with a run on each line; null without one. */
  paramFile: fileObject.nullable(),
  /** CSV file with a case on each line; null without one. */
  caseFile: fileObject.nullable(),
  /** What searches for the best values of its Design variables; null without one. */
  optimizer: optimizer.nullable(),
  /** Whether a first run has the nominal values. */
  includeNominalRun: z.boolean(),
  /** How often random variables are drawn; null where none are, or a variable says it. */
  monteCarloIterations: z.int().nullable(),
  /** Whether templates are rendered and nothing else is done. */
  isTemplateDryRun: z.boolean(),
  /** Filters of archives, as they were sent; without effect here. */
  archiveFilters: z.array(openObject),
  /** Filters of outputs, as they were sent; without effect here. */
  resourceFilters: z.array(openObject),
  /** Always null here, where there are no desktops. */
  remoteVizConfig: z.unknown(),
  /** Its tags. */
  userTags: z.array(tag),
  /** Its custom fields, by name. */
  customFields,
  /** Networks that may reach it by SSH; empty for those of its owner's profile. */
  cidrRule: z.string(),
  /** SSH keys that it lets in beside those of its owner's profile. */
  publicKey: z.string(),
  /** Port of its SSH server, as it was sent; without effect here, see `GET jobs/{id}/ssh/`. */
  sshPort: z.int(),
  /** Always empty here, where there are no automations. */
  jobAutomations: z.array(
    z.strictObject({
      /** The automation. */
      automation: z.looseObject({
        /** Id of the automation. */
        id: z.string(),
      }),
      /** Environment variables that it gets. */
      environmentVariables: z.record(z.string(), z.string()),
    }),
  ),
  /** Id of the persistent cluster that it is executed on; null for one with clusters of its own. */
  clusterId: z.string().nullable(),
  /** Seconds that it has executed, earlier attempts included; null before it has begun. */
  elapsedWalltimeSeconds: z.number().nonnegative().nullable(),
  /** E-mail addresses of the users that it is shared with; always empty here. */
  sharedWith: z.array(z.string()),
  ...additions,
};

/** A job with its whole definition. */
export const job = z
  .strictObject({
    ...jobFields,
    /** Its tiles, executed in this order. */
    jobanalyses: z.array(jobAnalysis),
  })
  .meta({ id: 'Job' });
export type Job = z.output<typeof job>;

/** A job as v3 shows it; what v3 has beside v2 says nothing on this platform. */
export const jobV3 = z
  .strictObject({
    ...jobFields,
    /** Its tiles, executed in this order. */
    jobanalyses: z.array(jobAnalysisV3),
    /** Always empty here. */
    attachedJobs: z.array(z.unknown()),
    /** Always false here. */
    autoAttachCloudfilesystem: z.boolean(),
    /** Always null here. */
    autosuspend: z.unknown(),
    /** Whether the caller may do everything with it; always true here. */
    currentUserHasFullAccess: z.boolean(),
    /** Always null here. */
    delayedStart: z.unknown(),
    /** Always false here. */
    isPinned: z.boolean(),
    /** Always false here. */
    isPublisherSandbox: z.boolean(),
    /** Always null here. */
    launchConfig: z.unknown(),
    /** What the operating system costs; always `linux-free` here. */
    osCostTier: z.string(),
    /** Always null here. */
    overrideImageName: z.string().nullable(),
    /** Always null here. */
    overrideImageRegion: z.string().nullable(),
    /** Always null here. */
    region: z.string().nullable(),
    /** Always null here. */
    rsjJob: z.unknown(),
    /** Always null here. */
    study: z.unknown(),
    /** Always false here. */
    supportsReboot: z.boolean(),
    /** Always false here. */
    suspendAvailable: z.boolean(),
    /** Always null here. */
    suspensionStatus: z.string().nullable(),
    /** Always null here. */
    templatedFrom: z.string().nullable(),
  })
  .meta({ id: 'JobV3' });
export type JobV3 = z.output<typeof jobV3>;
