import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireInteger, wireQuery, wireTimestamp } from './wire.ts';

/** The longest stretch of time that load is asked of: a year. */
export const MAX_LOAD_HOURS = 8784;
/** The longest time that one measurement may stand for: a day. */
export const MAX_LOAD_PERIOD_SECONDS = 86_400;
/** Lines of a job's log that are asked for at once. */
export const MAX_LOG_LINES = 1000;

const jobParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
});
const shared = { versions: ['v2', 'v3'], tag: 'Jobs', access: 'user', params: jobParams } as const;

/** What all runs of a job together used in a stretch of time, on average. */
export const loadMeasurement = z
  .strictObject({
    /** When the stretch ended. */
    date: wireTimestamp,
    /** How long it was, in seconds. */
    seconds: z.number().positive(),
    /** Runs that were under way in it and looked at. */
    runs: z.int().positive(),
    /** Cores that they used; null where the host does not tell. */
    cpuCores: z.number().nonnegative().nullable(),
    /** The same as a share of the cores that the job has, in percent. */
    cpuPercent: z.number().nonnegative().nullable(),
    /** Resident memory, in bytes. */
    memoryBytes: z.int().nonnegative().nullable(),
    /** What their work directories took on the disk, in bytes; null until they were looked at. */
    diskBytes: z.int().nonnegative().nullable(),
  })
  .meta({ id: 'LoadMeasurement' });
export type LoadMeasurement = z.output<typeof loadMeasurement>;

export const listLoadMeasurements = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/cluster-load-measurements/',
  summary: 'What a job used of its cluster in the last hours, oldest first',
  description:
    'From the series of its runs: at most 500 measurements, which stand for longer the more hours are asked for. Stretches in which nothing was looked at are left out, so that a job of short runs has none.',
  query: wireQuery({
    /** How far to look back from now, in hours; 24 when absent. */
    hours: wireInteger({ min: 1, max: MAX_LOAD_HOURS }).optional(),
  }),
  status: 200,
  response: z.array(loadMeasurement),
});

export const askServerLoad = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/servers/load/',
  summary: 'Asks what a job used of its cluster, page by page',
  description:
    'The answer is fetched with `tasks/{token}/`: a list of `LoadMeasurement`, oldest first. The token is good for an hour, for the user who asked.',
  query: wireQuery({
    /** How far to look back from now, in hours; 1 when absent. */
    offset: wireInteger({ min: 1, max: MAX_LOAD_HOURS }).optional(),
    /** How long each measurement stands for, in seconds; 60 when absent. */
    period: wireInteger({ min: 1, max: MAX_LOAD_PERIOD_SECONDS }).optional(),
    /** Number of the page, from 1. */
    p: wireInteger({ min: 1 }).optional(),
  }),
  refusals: ['NotFound'],
  status: 200,
  response: z.strictObject({
    /** What `tasks/{token}/` takes. */
    token: z.string(),
    /** How many pages there are, at least one. */
    totalPages: z.int().positive(),
  }),
});

export const listJobLogs = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/logs/',
  summary: 'What the platform did with a job, the latest first',
  description:
    'Its statuses, those of its clusters, and what somebody did to it, in words. What its commands print is in `process_output.log`.',
  query: wireQuery({
    /** How many lines at most; 100 when absent. */
    limit: wireInteger({ min: 1, max: MAX_LOG_LINES }).optional(),
  }),
  status: 200,
  response: z.array(
    z.strictObject({
      /** When it happened. */
      date: wireTimestamp,
      /** What happened, in words. */
      message: z.string(),
    }),
  ),
});
