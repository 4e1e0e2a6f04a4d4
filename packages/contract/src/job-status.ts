import { z } from 'zod';
import { runOutcome } from './agent.ts';
import { wireId, wireStatusTimestamp, wireTimestamp } from './wire.ts';

/** Words of `statuses/`; a job that failed ends as Completed too, and `outcome` tells. */
export const JOB_STATUSES = [
  'Pending',
  'Queued',
  'Waiting for Cluster',
  'Waiting for Queue',
  'Started',
  'Validated',
  'Executing',
  'Stopping',
  'Force Stop',
  'Completed',
] as const;
export const jobStatusName = z.enum(JOB_STATUSES);
export type JobStatusName = z.output<typeof jobStatusName>;

export const CLUSTER_STATUSES = [
  'Not Started',
  'Pending',
  'Queued',
  'Starting',
  'Started',
  'Stop Requested',
  'Stopping',
  'Stopped',
  'Unknown',
  'Error',
] as const;
export const clusterStatusName = z.enum(CLUSTER_STATUSES);
export type ClusterStatusName = z.output<typeof clusterStatusName>;

/** Texts of `statusReason` that clients match on. */
export const STATUS_REASON = {
  success: 'Completed successfully',
  runFailed: 'A run failed',
  noCapacity: 'Could not allocate compute resources from the compute provider',
  stoppedByUser: 'Stopped by user',
} as const;

const rowFields = {
  id: wireId,
  statusReason: z.string().nullable(),
  substatus: z.string().nullable(),
  notify: z.boolean(),
  preventDuplicates: z.boolean(),
};

export const jobStatus = z
  .strictObject({ ...rowFields, jobId: wireId, status: jobStatusName, statusDate: wireStatusTimestamp })
  .meta({ id: 'JobStatus' });
export type JobStatus = z.output<typeof jobStatus>;

export const clusterStatus = z
  .strictObject({ ...rowFields, clusterId: wireId, status: clusterStatusName, statusDate: wireTimestamp })
  .meta({ id: 'ClusterStatus' });
export type ClusterStatus = z.output<typeof clusterStatus>;

/** How a job or run ended; null while it has not. */
export const jobOutcome = runOutcome;
export type JobOutcome = z.output<typeof jobOutcome>;

/** Why a submitted job does not execute yet. */
export const waiting = z
  .strictObject({ code: z.string(), message: z.string(), position: z.int().positive().nullable() })
  .meta({ id: 'Waiting' });
export type Waiting = z.output<typeof waiting>;
