import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireBoolean, wireQuery, wireTimestamp } from './wire.ts';

const jobParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
});
const shared = { versions: ['v2', 'v3'], tag: 'Runs', access: 'user', extension: true } as const;

/** What a run uses now or, where it has ended, did when it was looked at last. */
export const runUsageNow = z
  .strictObject({
    /** Number of the run in its job, from 1. */
    runId: z.string().regex(/^[1-9]\d*$/),
    /** Of the run, from 1. */
    attempt: z.int().positive(),
    /** Whether this attempt is still under way. */
    isExecuting: z.boolean(),
    /** When it was looked at. */
    date: wireTimestamp,
    /** Seconds since its first command was started. */
    elapsedSeconds: z.number().nonnegative(),
    /** User and system time of all its processes since then, in seconds; null where the host does not tell. */
    cpuSeconds: z.number().nonnegative().nullable(),
    /** Cores that it used on average since the look before; null with the first. */
    cpuCores: z.number().nonnegative().nullable(),
    /** Resident memory of all its processes together, in bytes. */
    memoryBytes: z.int().nonnegative().nullable(),
    /** The most of that in all looks. */
    peakMemoryBytes: z.int().nonnegative().nullable(),
    /** What its work directory takes on the disk, in bytes; null until it was looked at, which takes longer where there are many files. */
    diskBytes: z.int().nonnegative().nullable(),
  })
  .meta({ id: 'RunUsageNow' });
export type RunUsageNow = z.output<typeof runUsageNow>;

/** What an attempt of a run has used, as it went. */
export const runUsageSeries = z
  .strictObject({
    /** Number of the run in its job, from 1. */
    runId: z.string().regex(/^[1-9]\d*$/),
    /** Of the run, from 1. */
    attempt: z.int().positive(),
    /** When its first command was started; null where there are no points. */
    dateStarted: wireTimestamp.nullable(),
    /** Seconds between two points, at least; doubled whenever there are too many. Null where there are none. */
    resolutionSeconds: z.int().positive().nullable(),
    /** From its beginning to now; none of a run that ended before it was looked at. */
    points: z.array(
      z.strictObject({
        /** When. */
        date: wireTimestamp,
        /** Seconds since its first command was started. */
        elapsedSeconds: z.number().nonnegative(),
        /** User and system time of all its processes since then, in seconds; null where the host does not tell. */
        cpuSeconds: z.number().nonnegative().nullable(),
        /** Resident memory of all its processes together, in bytes: the most since the point before. */
        memoryBytes: z.int().nonnegative().nullable(),
        /** What its work directory takes on the disk, in bytes; null until it was looked at. */
        diskBytes: z.int().nonnegative().nullable(),
      }),
    ),
  })
  .meta({ id: 'RunUsageSeries' });
export type RunUsageSeries = z.output<typeof runUsageSeries>;

export const listJobUsage = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/usage/',
  summary: 'What the runs of a job use now, in order of their numbers',
  description:
    'Runs are looked at every 10 seconds, or as the site has it. One that has ended is told as it was when it was looked at last; one that ended before it was looked at is not in the list, and has its `usage` like all runs.',
  params: jobParams,
  query: wireQuery(
    {
      ...pageFields,
      /** Only runs that are under way, or only those that are not. */
      isExecuting: wireBoolean().optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(runUsageNow),
});

export const getRunUsage = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/usage/',
  summary: 'What a run has used, as it went',
  description:
    'There while the run goes on and after its end, until the job is deleted. The series has 300 points at most: where there are more, every two become one.',
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
    /** Number of the run. */
    runId: z.string(),
  }),
  status: 200,
  response: runUsageSeries,
});
