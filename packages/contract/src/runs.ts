import { z } from 'zod';
import { collectProgress, failure, runUsage, skippedOutput } from './agent.ts';
import { endpoint } from './endpoint.ts';
import { fileObject, outputListQuery } from './files.ts';
import { jobOutcome } from './job-status.ts';
import { MAX_TAIL_LINES } from './limits.ts';
import { page, pageQuery } from './pagination.ts';
import { wireInteger, wireQuery, wireTimestamp } from './wire.ts';

export const RUN_TYPE = { optimization: 1, iteration: 2, case: 3 } as const;

/** How an attempt ended that was followed by another. */
const runAttempt = z.strictObject({
  dateStarted: wireTimestamp.nullable(),
  dateCompleted: wireTimestamp.nullable(),
  outcome: jobOutcome.nullable(),
  exitCode: z.int().nullable(),
  failure: failure.nullable(),
});
export type RunAttempt = z.output<typeof runAttempt>;

export const run = z
  .strictObject({
    id: z.string().regex(/^[1-9]\d*$/),
    displayOrder: z.int(),
    /** See RUN_TYPE; the run of a plain job is a case. */
    type: z.int(),
    parent: z.string().nullable(),
    /** Clients tell pending, running and done from these two. */
    dateStarted: wireTimestamp.nullable(),
    dateCompleted: wireTimestamp.nullable(),
    isOptimal: z.boolean(),
    outputFileCount: z.int().nonnegative(),
    /** Bytes. */
    outputFileSize: z.int().nonnegative(),
    variables: z.array(
      z.strictObject({
        name: z.string(),
        value: z.number().nullable(),
        displayValue: z.string(),
        isRelative: z.boolean(),
      }),
    ),
    /** Ours: how it ended and why. */
    outcome: jobOutcome.nullable().optional(),
    failure: failure.nullable().optional(),
    exitCode: z.int().nullable().optional(),
    /** 1 at first, one more each time the run is executed again. */
    attempt: z.int().positive().optional(),
    previousAttempts: z.array(runAttempt).optional(),
    /** Null until the run has ended. */
    usage: runUsage.nullable().optional(),
    /** How much it left that could not be kept, and the first of it by name. */
    skippedCount: z.int().nonnegative().optional(),
    skipped: z.array(skippedOutput).optional(),
    /** Not null while its commands have ended and its outputs are being collected, when that takes long. */
    collecting: collectProgress.nullable().optional(),
    /** Its outputs are what it had left when it was cut off by the end of its agent. */
    isUnfinished: z.boolean().optional(),
    /** This attempt goes on where the one before was cut off. */
    isResumed: z.boolean().optional(),
    /** The directory in which it was cut off: until it is removed, the run can be resumed there. */
    keptDirectory: z
      .strictObject({
        /** What it takes on the disk; null when nobody has looked. */
        sizeBytes: z.int().nonnegative().nullable(),
        /** Null while the run is resumed. */
        dateExpires: wireTimestamp.nullable(),
      })
      .nullable()
      .optional(),
  })
  .meta({ id: 'Run' });
export type Run = z.output<typeof run>;

const runParams = z.object({ jobId: z.string(), runId: z.string() });

export const listJobRuns = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/',
  versions: ['v2', 'v3'],
  summary: 'All runs of a job, planned ones included',
  tag: 'Runs',
  access: 'user',
  params: z.object({ jobId: z.string() }),
  query: pageQuery,
  status: 200,
  response: page(run),
});

export const getJobRun = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/',
  versions: ['v2', 'v3'],
  summary: 'One run',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  status: 200,
  response: run,
});

export const stopJobRun = endpoint({
  method: 'POST',
  path: '/api/v2/jobs/:jobId/runs/:runId/stop/',
  versions: ['v2', 'v3'],
  summary: 'Stop one run; the others go on',
  description: 'A run that has ended is left as it is.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  bodyKind: 'ignored',
  status: 200,
  response: z.strictObject({}),
});

export const listRunFiles = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/files/',
  versions: ['v2', 'v3'],
  summary: 'Output files of one run',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  query: outputListQuery,
  status: 200,
  response: page(fileObject),
});

/** `resource` is the path that tails the file. */
export const directoryEntry = z
  .strictObject({ path: z.string(), resource: z.string(), sizeBytes: z.int().nonnegative().optional() })
  .meta({ id: 'DirectoryEntry' });
export type DirectoryEntry = z.output<typeof directoryEntry>;

export const listRunDirectory = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/directory-contents/',
  versions: ['v2', 'v3'],
  summary: 'Files in the work directory of a run that is executing; a bare list, not paged',
  description: 'Also of a run that was cut off by the end of its agent, while its directory is kept.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  status: 200,
  response: z.array(directoryEntry),
});

export const discardRunDirectory = endpoint({
  method: 'DELETE',
  path: '/api/v2/jobs/:jobId/runs/:runId/directory/',
  versions: ['v2', 'v3'],
  summary: 'Give up the directory that is kept of a run that was cut off by the end of its agent',
  description: 'The run cannot be resumed any more; its outputs stay.',
  tag: 'Runs',
  access: 'user',
  extension: true,
  params: runParams,
  status: 204,
});

export const runTail = z
  .strictObject({
    fileType: z.string(),
    lines: z.array(z.string()),
    /** There was more than the answer may hold: the first line is not whole, or there are fewer than were asked for. */
    truncated: z.literal(true).optional(),
  })
  .meta({ id: 'RunTail' });
/** The last lines, without their line ends. */
export type RunTail = z.output<typeof runTail>;

export const tailRunFile = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/tail/*',
  versions: ['v2', 'v3'],
  summary: 'A file of a run that is executing: its last lines as JSON with `lines`, else its bytes',
  description:
    'Paths are relative to the work directory, such as `process_output.log`. Also of a run that was cut off by the end of its agent, while its directory is kept. Of lines, a carriage return ends one as well, as programs write it that show their progress; `truncated` says that the answer could not hold all that was asked for. Bytes may be asked for by a range.',
  tag: 'Runs',
  access: 'user',
  /** `*` is relative to the work directory and may contain slashes. */
  params: z.object({ jobId: z.string(), runId: z.string(), '*': z.string() }),
  query: wireQuery({ lines: wireInteger({ min: 1, max: MAX_TAIL_LINES }).optional() }),
  status: 200,
  response: runTail,
  responseKind: 'bytes',
});
