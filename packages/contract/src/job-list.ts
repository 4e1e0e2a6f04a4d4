/** Lists of jobs: by what they are narrowed and ordered, and how many there are of each kind. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { jobCost, jobProgress, tag } from './job.ts';
import { JOB_STATUSES, jobOutcome, waiting } from './job-status.ts';
import { MAX_SEARCH_LENGTH, MAX_TAG_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import {
  toSnakeCase,
  wireChoice,
  wireDate,
  wireId,
  wireQuery,
  wireReference,
  wireString,
  wireTimestamp,
  wireWordList,
} from './wire.ts';

const shared = { method: 'GET', versions: ['v2', 'v3'], tag: 'Jobs', access: 'user' } as const;

/** Values of the filter `job_status`: the display names in capitals. */
export const JOB_STATUS_FILTERS = [
  'PENDING',
  'QUEUED',
  'WAITING_FOR_CLUSTER',
  'WAITING_FOR_QUEUE',
  'STARTED',
  'VALIDATED',
  'EXECUTING',
  'STOPPING',
  'FORCE_STOP',
  'COMPLETED',
] as const;
export type JobStatusFilter = (typeof JOB_STATUS_FILTERS)[number];

/** The display name that a filter value stands for. */
export function jobStatusOfFilter(filter: JobStatusFilter): (typeof JOB_STATUSES)[number] {
  return JOB_STATUSES[JOB_STATUS_FILTERS.indexOf(filter)]!;
}

const ORDERED_BY = ['dateInserted', 'name', 'owner', 'status', 'duration', 'cost'] as const;
export type JobOrder = (typeof ORDERED_BY)[number];
export const jobOrdering = ORDERED_BY.flatMap((word) => [word, `-${word}`] as const);
export type JobOrdering = (typeof jobOrdering)[number];

const jobFilters = {
  /** Only jobs that have ended, or only those that have not. */
  state: wireChoice(['completed', 'not_completed'], (text) => text.toLowerCase()).optional(),
  /** Only jobs whose latest status is this, spelt in capitals. */
  job_status: wireChoice(JOB_STATUS_FILTERS, (text) => text.toUpperCase().replaceAll(' ', '_')).optional(),
  /** Only jobs that ended like this; several outcomes separated by commas. Not part of the original API. */
  outcome: wireWordList({ max: jobOutcome.options.length, of: jobOutcome.options }).optional(),
  /** Only jobs of this user: an id or an address. Not part of the original API. */
  owner: wireReference().optional(),
  /** Only jobs of this project, by its id. Not part of the original API. */
  project: wireReference().optional(),
  /** Only jobs with a tile of this software, by its code. Not part of the original API. */
  software: wireReference().optional(),
  /** Only jobs on this core type, by its code. Not part of the original API. */
  coreType: wireReference().optional(),
  /** Only jobs that were saved at this time or later. Not part of the original API. */
  from: wireDate().optional(),
  /** Only jobs that were saved before this time; a date without a time counts whole. Not part of the original API. */
  to: wireDate().optional(),
  /** Only jobs that ended at this time or later. Not part of the original API. */
  endedFrom: wireDate().optional(),
  /** Part of the name in upper or lower case, or the id. */
  search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
  /** Only jobs that have this tag, in upper or lower case; not part of the original API. */
  tag: wireString({ max: MAX_TAG_LENGTH }).optional(),
  /** `1`: only jobs that are submitted and have not ended. */
  t: wireString({ max: 16 }).optional(),
  /** `1`: only your own; `0`: all that you may see, as without it. */
  f: wireString({ max: 16 }).optional(),
  /** `folder:<id>`; without effect here, where there are no folders. */
  q: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
};

const filterAliases = { jobStatus: 'job_status' };
/** Dates that a public client sends with all its requests about jobs, whatever they are. */
const HARMLESS = ['start_date', 'end_date'];

export const jobListQuery = wireQuery(
  {
    ...pageFields,
    ...jobFilters,
    /** Order of the list, descending with `-`; `-dateInserted` when absent. Owner, status, duration and cost are not part of the original API. */
    ordering: wireChoice(
      jobOrdering,
      (text) => jobOrdering.find((word) => toSnakeCase(word) === text) ?? text,
    ).optional(),
  },
  { aliases: { ...pageAliases, ...filterAliases }, strict: true, ignored: HARMLESS },
);
export type JobListQuery = z.output<typeof jobListQuery>;

export const jobCountQuery = wireQuery(jobFilters, {
  aliases: filterAliases,
  strict: true,
  ignored: HARMLESS,
});
export type JobFilter = z.output<typeof jobCountQuery>;

/** A status as lists show it. */
export const statusLabel = z
  .strictObject({
    /** Name of the latest status; empty before there is one. */
    content: z.string(),
    /** How it is shown: `label-success` when it has completed, else `label-info`. */
    labelClass: z.string(),
    /** Whether there is something to show. */
    useLabel: z.boolean(),
    /** Why, in words; never sent here. */
    statusReason: z.string().nullable().optional(),
  })
  .meta({ id: 'StatusLabel' });

const summaryFields = {
  /** Id of the job. */
  id: wireId,
  /** Its name. */
  name: z.string(),
  /** E-mail address of the owner. */
  owner: z.string(),
  /** When it was saved. */
  dateInserted: wireTimestamp,
  /** When it ended; null until then. Not part of the original API. */
  dateCompleted: wireTimestamp.nullable().optional(),
  /** Names of the software of its tiles. */
  analysisNames: z.array(z.string()),
  /** What it is doing. */
  jobStatus: statusLabel,
  /** What its cluster is doing. */
  clusterStatusDisplay: statusLabel,
  /** Always true here. */
  isVisible: z.boolean(),
  /** E-mail addresses of the users that it is shared with; always empty here. */
  sharedWith: z.array(z.string()),
  /** Size in bytes of its outputs and snapshots, and of the directories that are kept of runs that were cut off. */
  storage: z.int().nonnegative(),
  /** Its tags. */
  userTags: z.array(tag).optional(),
  /** Id of the job that it is a copy of; null without one. */
  clonedFrom: wireId.nullable().optional(),
  /** Id of the project that it belongs to; null without one. */
  projectId: wireId.nullable().optional(),
  /** How it ended; null until then. Not part of the original API. */
  outcome: jobOutcome.nullable().optional(),
  /** Stable name of why it ended otherwise than in success; null after success and until it has ended. Not part of the original API. */
  failureCode: z.string().nullable().optional(),
  /** Why it does not execute yet; null when it does not wait. Not part of the original API. */
  waiting: waiting.nullable().optional(),
  /** How many of its runs have ended; null before submit. Not part of the original API. */
  progress: jobProgress.nullable().optional(),
  /** Seconds that it has executed for; null before it has begun. Not part of the original API. */
  elapsedWalltimeSeconds: z.number().nonnegative().nullable().optional(),
  /** What it costs. Not part of the original API. */
  cost: jobCost.nullable().optional(),
  /** Code of its core type. Not part of the original API. */
  coreType: z.string().optional(),
  /** Name of the project that it belongs to; null without one. Not part of the original API. */
  projectName: z.string().nullable().optional(),
  /** The value of the objective in the best run of its optimization so far; null without one. Not part of the original API. */
  best: z
    .strictObject({
      /** Name of the objective. */
      name: z.string(),
      /** Its value. */
      value: z.number(),
      /** Id of the run. */
      run: z.string(),
    })
    .nullable()
    .optional(),
};

/** A job as an item of a list. */
export const jobSummary = z.strictObject(summaryFields).meta({ id: 'JobSummary' });
export type JobSummary = z.output<typeof jobSummary>;

/** A job as an item of a list of v3. */
export const jobSummaryV3 = z
  .strictObject({
    ...summaryFields,
    /** The folder that it lies in; always null here, where there are none. */
    folder: z
      .strictObject({
        /** Id of the folder. */
        id: z.string(),
        /** Name of the folder. */
        name: z.string(),
        /** Id of the folder around it; null at the top. */
        parentId: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'JobSummaryV3' });
export type JobSummaryV3 = z.output<typeof jobSummaryV3>;

export const listJobs = endpoint({
  ...shared,
  path: '/api/v2/jobs/',
  summary: 'Jobs that you may see, newest first',
  description:
    'Your own; for managers also those of projects that they manage, for administrators all. Items are short: `GET jobs/{jobId}/` has the whole job. A parameter that there is not is refused: a list without its filter would show other jobs than were asked for.',
  query: jobListQuery,
  status: 200,
  response: page(jobSummary),
  responseV3: page(jobSummaryV3),
});

/** How many jobs there are of each kind; kinds of which there are none are left out. */
export const jobCounts = z
  .strictObject({
    /** All that the filters let through. */
    count: z.int().nonnegative(),
    /** Those that were never submitted. */
    saved: z.int().nonnegative(),
    /** Those that were submitted and have not ended, by their latest status. */
    byStatus: z.partialRecord(z.enum(JOB_STATUSES), z.int().positive()),
    /** Those that have ended, by how. */
    byOutcome: z.partialRecord(jobOutcome, z.int().positive()),
  })
  .meta({ id: 'JobCounts' });
export type JobCounts = z.output<typeof jobCounts>;

export const countJobs = endpoint({
  ...shared,
  path: '/api/v2/jobs/counts/',
  summary: 'How many jobs there are of each kind',
  description: 'With the filters of `GET jobs/`.',
  extension: true,
  query: jobCountQuery,
  status: 200,
  response: jobCounts,
});
