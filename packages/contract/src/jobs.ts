import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { fileObject, outputListQuery } from './files.ts';
import { job, jobSummary, jobSummaryV3, jobV3 } from './job.ts';
import { jobDefinition, jobUpdate } from './job-definition.ts';
import { clusterStatus, JOB_STATUSES, jobStatus } from './job-status.ts';
import { MAX_SEARCH_LENGTH, MAX_WAIT_SECONDS } from './limits.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import {
  toSnakeCase,
  wireBoolean,
  wireChoice,
  wireInteger,
  wireName,
  wireObject,
  wireQuery,
  wireString,
} from './wire.ts';

const jobParams = z.object({ jobId: z.string() });
const shared = { versions: ['v2', 'v3'], tag: 'Jobs', access: 'user' } as const;

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

export const jobOrdering = ['dateInserted', '-dateInserted', 'name', '-name'] as const;
export type JobOrdering = (typeof jobOrdering)[number];

export const jobListQuery = wireQuery(
  {
    ...pageFields,
    state: wireChoice(['completed', 'not_completed'], (text) => text.toLowerCase()).optional(),
    job_status: wireChoice(JOB_STATUS_FILTERS, (text) => text.toUpperCase().replaceAll(' ', '_')).optional(),
    ordering: wireChoice(
      jobOrdering,
      (text) => jobOrdering.find((word) => toSnakeCase(word) === text) ?? text,
    ).optional(),
    /** Case-insensitive part of the name. */
    search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
    /** `1`: jobs that are running or waiting to. */
    t: wireString({ max: 16 }).optional(),
    /** `0`: everybody's jobs that you may see; `1`: your own. */
    f: wireString({ max: 16 }).optional(),
    /** `folder:<id>`. */
    q: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
  },
  { aliases: { ...pageAliases, jobStatus: 'job_status' } },
);
export type JobListQuery = z.output<typeof jobListQuery>;

export const listJobs = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/',
  summary: 'Jobs that you may see, newest first',
  query: jobListQuery,
  status: 200,
  response: page(jobSummary),
  responseV3: page(jobSummaryV3),
});

export const createJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/',
  idempotent: true,
  summary: 'Save a job; nothing runs until it is submitted',
  description:
    'Keys that mean nothing here are accepted and named in `warnings`. Unknown core types, software, files or projects, and core counts that are not offered, are refused under the field.',
  body: jobDefinition,
  status: 201,
  response: job,
  responseV3: jobV3,
});

export const getJob = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/',
  summary: 'A job with its whole definition',
  params: jobParams,
  status: 200,
  response: job,
  responseV3: jobV3,
});

export const updateJob = endpoint({
  ...shared,
  method: 'PATCH',
  path: '/api/v2/jobs/:jobId/',
  summary: 'Change part of a job; once submitted, only name, project, folder, description and tags change',
  description:
    'A definition that can no longer change is left as it is: the answer is still 200, with `warnings` and a `Warning` header that say so.',
  params: jobParams,
  body: jobUpdate,
  status: 200,
  response: job,
  responseV3: jobV3,
});

export const replaceJob = endpoint({
  ...shared,
  method: 'PUT',
  path: '/api/v2/jobs/:jobId/',
  summary: 'Replace the definition of a job that was not submitted',
  params: jobParams,
  body: jobDefinition,
  status: 200,
  response: job,
  responseV3: jobV3,
});

export const deleteJob = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/jobs/:jobId/',
  summary: 'Delete a job that is not running, with its outputs',
  description:
    'Refused with 400 while the job runs. With `deleteInputFiles` its inputs go too, except those that other jobs use.',
  params: jobParams,
  query: wireQuery({ deleteInputFiles: wireBoolean().optional() }),
  status: 204,
});

export const submitJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/submit/',
  idempotent: true,
  summary: 'Run a saved job',
  description:
    'Status `Pending` is there before the answer is. A job runs once: submitting it again is refused with 400.',
  params: jobParams,
  bodyKind: 'ignored',
  status: 200,
});

export const stopJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/stop/',
  summary: 'Stop a job; its outputs so far are kept',
  description:
    'The command gets SIGTERM, and SIGKILL when it does not leave. Outputs that are still being collected have as long. Asked again after that time, it ends the collection of what was written before the first stop. A job that is not running is left as it is, with 202 too.',
  params: jobParams,
  bodyKind: 'ignored',
  status: 202,
});

export const cloneJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/clone/',
  idempotent: true,
  summary: 'A new saved job with the same definition',
  extension: true,
  params: jobParams,
  body: z.preprocess(
    (value) => (value === '' || value === null ? undefined : value),
    /** The name of the clone; that of the original when absent. */
    wireObject({ name: wireName().optional() }).optional(),
  ) as unknown as z.ZodType<{ name?: string } | undefined, { name?: string } | undefined>,
  status: 201,
  response: job,
  responseV3: jobV3,
});

export const listJobStatuses = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/statuses/',
  summary: 'What happened to a job, newest first; empty before submit',
  description:
    'A job that failed ends as `Completed` too; the reason of that row, or `outcome` of the job, tells them apart. With `wait` the answer comes as soon as the newest row is another than `since`, or when the time is over.',
  params: jobParams,
  query: wireQuery(
    {
      ...pageFields,
      /** Seconds to wait for news; an extension. */
      wait: wireInteger({ min: 0 })
        .transform((seconds) => Math.min(seconds, MAX_WAIT_SECONDS))
        .optional(),
      /** Id of the newest row that the client knows; absent where it knows of none. */
      since: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(jobStatus),
});

export const watchJob = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/events/',
  summary: 'What happens to a job, as it happens (server-sent events)',
  description: [
    '`text/event-stream`. Each event `status` carries a `JobStatus` as JSON, oldest first, and its id: a client that comes again with `Last-Event-ID` gets what came after. `progress` carries counts of runs whenever they change. `end` carries outcome and failure, and is the last; a job that was not submitted yet is waited for.',
  ].join('\n\n'),
  extension: true,
  params: jobParams,
  status: 200,
  responseKind: 'bytes',
});

export const listClusterStatuses = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/cluster_statuses/',
  summary: "What happened to a job's cluster, newest first; empty before there is one",
  params: jobParams,
  query: pageQuery,
  status: 200,
  response: page(clusterStatus),
});

export const listJobFiles = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/files/',
  summary: 'Output files of all runs, newest first',
  params: jobParams,
  query: outputListQuery,
  status: 200,
  response: page(fileObject),
});
