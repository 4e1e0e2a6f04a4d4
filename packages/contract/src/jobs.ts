import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { fileObject, outputListQuery } from './files.ts';
import { job, jobV3 } from './job.ts';
import { jobDefinition, jobUpdate } from './job-definition.ts';
import { clusterStatus, jobStatus } from './job-status.ts';
import { MAX_SEARCH_LENGTH, MAX_WAIT_SECONDS } from './limits.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import { wireBoolean, wireInteger, wireName, wireObject, wireQuery, wireString } from './wire.ts';

const jobParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
});
const shared = { versions: ['v2', 'v3'], tag: 'Jobs', access: 'user' } as const;

export const createJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/',
  idempotent: true,
  summary: 'Save a job; nothing runs until it is submitted',
  description:
    'Needs a name and at least one tile with software, command and hardware. Unknown core types, software, files or projects, and core counts that are not offered, are refused with 400 under their field. Keys that mean nothing here are accepted and named in `warnings`.',
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
  description:
    'The answer may be changed and sent back to `POST jobs/` as the definition of a new job. A job that you may not see is answered with 404.',
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
  refusals: ['Forbidden'],
  response: job,
  responseV3: jobV3,
});

export const replaceJob = endpoint({
  ...shared,
  method: 'PUT',
  path: '/api/v2/jobs/:jobId/',
  summary: 'Replace the definition of a job that was not submitted',
  description:
    'What is absent gets its default, where PATCH leaves it as it is. Of a job that was submitted only name, project, description and tags change, and `warnings` say so.',
  params: jobParams,
  body: jobDefinition,
  status: 200,
  refusals: ['Forbidden'],
  response: job,
  responseV3: jobV3,
});

export const deleteJob = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/jobs/:jobId/',
  summary: 'Delete a job that is not running, with its outputs',
  description:
    'Refused with 400 (`job_running`) from submit until it is `Completed`: stop it first. Outputs and log go with it and cannot be brought back.',
  params: jobParams,
  query: wireQuery({
    /** Whether its inputs go too, except those that other jobs use. */
    deleteInputFiles: wireBoolean().optional(),
  }),
  status: 204,
});

export const submitJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/submit/',
  idempotent: true,
  summary: 'Run a saved job',
  description:
    'Status `Pending` is there before the answer is. What create has checked is checked again: files may have been deleted and the catalogue may have changed. A job runs once: submitting it again is refused with 400 (`job_started`).',
  params: jobParams,
  bodyKind: 'ignored',
  status: 200,
  refusals: ['Forbidden'],
});

export const stopJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/stop/',
  summary: 'Stop a job; its outputs so far are kept',
  description:
    'The command gets SIGTERM, and SIGKILL when it does not leave. Outputs that are still being collected have as long. Asked again after that time, it ends the collection of what was written before the first stop. A job that is not running is left as it is, with 202 too.',
  params: jobParams,
  query: wireQuery({
    /** Whether the command gets SIGKILL at once, without a time to leave by itself; not part of the original API. */
    force: wireBoolean().optional(),
  }),
  bodyKind: 'ignored',
  status: 202,
});

export const shutdownJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/shutdown/',
  summary: 'End a job at once, without keeping what it has written',
  description:
    'The command gets SIGKILL. Of the runs that end with it only the log is kept; outputs of runs that have ended before stay. A job that is not running is left as it is, with 202 too.',
  params: jobParams,
  bodyKind: 'ignored',
  status: 202,
});

const cloneOptions = wireObject({
  /** Name of the clone; `Copy of` and that of the original when absent. */
  name: wireName().optional(),
});

export const cloneJob = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/clone/',
  idempotent: true,
  summary: 'A new saved job with the same definition',
  description:
    'Not submitted. It is checked like a new job: what is no longer offered is refused with 400 under its field.',
  extension: true,
  params: jobParams,
  body: z.preprocess(
    (value) => (value === '' || value === null ? undefined : value),
    cloneOptions.optional(),
  ) as unknown as z.ZodType<
    z.output<typeof cloneOptions> | undefined,
    z.input<typeof cloneOptions> | undefined
  >,
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
    'A job that failed ends as `Completed` too; the reason of that entry, or `outcome` of the job, tells them apart. With `wait` the answer comes as soon as the newest entry is another than `since`, or when the time is over.',
  params: jobParams,
  query: wireQuery(
    {
      ...pageFields,
      /** Seconds to wait for news, at most 55; not part of the original API. */
      wait: wireInteger({ min: 0 })
        .transform((seconds) => Math.min(seconds, MAX_WAIT_SECONDS))
        .optional(),
      /** Id of the newest entry that the client knows; left out where it knows none. */
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
  headers: z.object({
    /** Id of the last event that the client got; what came after it follows. */
    'Last-Event-ID': z.string().optional(),
  }),
  status: 200,
  responseKind: 'bytes',
  mediaTypes: ['text/event-stream'],
});

export const listClusterStatuses = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/cluster_statuses/',
  summary: "What happened to a job's cluster, newest first; empty before there is one",
  description:
    'The cluster outlives the job a little: the history ends with `Stopped`. Runs that are executed again get a new cluster, and its history follows.',
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
  description:
    'All of a run are there as soon as it has ended, `process_output.log` among them. `relativePath` is the path below the work directory, `path` tells the run.',
  params: jobParams,
  query: outputListQuery,
  status: 200,
  response: page(fileObject),
});
