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
/** What a job is doing; one that failed ends as `Completed` too, and `outcome` tells. */
export const jobStatusName = z.enum(JOB_STATUSES).meta({ id: 'JobStatusName' });
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
/** What the cluster of a job is doing. */
export const clusterStatusName = z.enum(CLUSTER_STATUSES).meta({ id: 'ClusterStatusName' });
export type ClusterStatusName = z.output<typeof clusterStatusName>;

/** Texts of `statusReason` that clients match on. */
export const STATUS_REASON = {
  success: 'Completed successfully',
  runFailed: 'A run failed',
  noCapacity: 'Could not allocate compute resources from the compute provider',
  stoppedByUser: 'Stopped by user',
} as const;

/** What every entry of a history has. */
export const statusRowFields = {
  /** Id of this entry of the history. */
  id: wireId,
  /** Why, in words that clients match on; null where there is nothing to say. */
  statusReason: z.string().nullable(),
  /** Always null here. */
  substatus: z.string().nullable(),
  /** Whether the platform tells somebody; always false here. */
  notify: z.boolean(),
  /** Always false here. */
  preventDuplicates: z.boolean(),
};

/** An entry in the history of a job. */
export const jobStatus = z
  .strictObject({
    ...statusRowFields,
    /** Id of the job. */
    jobId: wireId,
    /** What the job did from then on. */
    status: jobStatusName,
    /** When; it ends in `+00:00`, where other dates end in `Z`. */
    statusDate: wireStatusTimestamp,
  })
  .meta({ id: 'JobStatus' });
export type JobStatus = z.output<typeof jobStatus>;

/** An entry in the history of a cluster. */
export const clusterStatus = z
  .strictObject({
    ...statusRowFields,
    /** Id of the cluster. */
    clusterId: wireId,
    /** What the cluster did from then on. */
    status: clusterStatusName,
    /** When. */
    statusDate: wireTimestamp,
  })
  .meta({ id: 'ClusterStatus' });
export type ClusterStatus = z.output<typeof clusterStatus>;

/** How a job or run ended; null while it has not. */
export const jobOutcome = runOutcome;
export type JobOutcome = z.output<typeof jobOutcome>;

/** Why a submitted job does not execute yet. */
export const waiting = z
  .strictObject({
    /** Stable name of the reason, such as `waiting_for_cores`. */
    code: z.string(),
    /** The reason for people. */
    message: z.string(),
    /** Place in the queue, from 1; null where there is none. */
    position: z.int().positive().nullable(),
  })
  .meta({ id: 'Waiting' });
export type Waiting = z.output<typeof waiting>;
