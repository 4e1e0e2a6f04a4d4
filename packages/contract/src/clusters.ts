/** Clusters, on which jobs are executed, and what they consist of. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { clusterStatus, clusterStatusName } from './job-status.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import { wireChoice, wireId, wireQuery, wireTimestamp } from './wire.ts';

/** The core type of a cluster. */
const clusterCoreType = z.strictObject({
  /** What jobs name as `coreType`. */
  code: z.string(),
  /** The name for people. */
  name: z.string(),
});

/** A cluster, as it is. */
export const cluster = z
  .strictObject({
    /** Id of the cluster. */
    id: wireId,
    /** The name of its job. */
    name: z.string(),
    /** E-mail address of the owner of its job. */
    owner: z.string(),
    /** Id of the job that it executes; every job has a cluster of its own, and another one when it is run again. */
    jobId: wireId,
    /** What it is doing. */
    status: clusterStatusName,
    /** Why, in words; null where there is nothing to say. */
    statusReason: z.string().nullable(),
    /** When it came to that. */
    statusDate: wireTimestamp,
    /** What it has. */
    hardware: z.strictObject({
      /** The core type. */
      coreType: clusterCoreType,
      /** Cores of each slot. */
      coresPerSlot: z.int().positive(),
      /** Slots that its job asked for. */
      slots: z.int().positive(),
      /** Hours for which it may execute. */
      walltime: z.number().positive(),
    }),
    /** Slots that it was given; null before it was started. */
    slotsGranted: z.int().positive().nullable(),
    /** Name of the host that it is on; null before its agent has spoken, and for clusters of earlier versions. */
    hostname: z.string().nullable(),
    /** Who gave it, such as `local`. */
    scheduler: z.string(),
    /** When its job was submitted, or was to be run again. */
    dateInserted: wireTimestamp,
    /** When it was there for runs; null before. */
    dateStarted: wireTimestamp.nullable(),
    /** When it was stopped; null before. */
    dateStopped: wireTimestamp.nullable(),
  })
  .meta({ id: 'Cluster' });
export type Cluster = z.output<typeof cluster>;

/** A host of a cluster. */
export const instance = z
  .strictObject({
    /** Id of the cluster. */
    clusterId: wireId,
    /** Address for SSH; null while nobody can log in, see `jobs/{jobId}/ssh/`. */
    publicIp: z.string().nullable(),
    /** Name for SSH: the same as the address here. */
    publicHostname: z.string().nullable(),
    /** Port for SSH. */
    sshPort: z.int().nullable(),
    /** Name of the user for SSH. */
    username: z.string().nullable(),
    /** Public key by which the cluster is known, as in `known_hosts`. Not part of the original API. */
    hostKey: z.string().nullable(),
    /** The first host is the master, others are slaves; always `MPI_MASTER` here, where a cluster has one host. */
    role: z.enum(['MPI_MASTER', 'MPI_SLAVE']),
    /** Name of the host as it calls itself; null for clusters of earlier versions. Not part of the original API. */
    hostname: z.string().nullable(),
    /** Code of its core type. Not part of the original API. */
    coreType: z.string(),
    /** Cores of it that the cluster has. Not part of the original API. */
    cores: z.int().positive(),
    /** What the cluster is doing. Not part of the original API. */
    status: clusterStatusName,
    /** When it was there for runs. Not part of the original API. */
    dateStarted: wireTimestamp,
    /** When it was stopped; null before. Not part of the original API. */
    dateStopped: wireTimestamp.nullable(),
  })
  .meta({ id: 'Instance' });
export type Instance = z.output<typeof instance>;

const versions = ['v2', 'v3'] as const;
const ofCluster = {
  versions,
  method: 'GET',
  tag: 'Clusters',
  access: 'user',
  status: 200,
  params: z.object({
    /** Id of the cluster. */
    clusterId: z.string(),
  }),
} as const;
const ofJob = {
  versions,
  method: 'GET',
  tag: 'Jobs',
  access: 'user',
  status: 200,
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
  }),
} as const;

export const CLUSTER_STATES = ['running', 'waiting', 'ended', 'all'] as const;

export const clusterListQuery = wireQuery(
  {
    ...pageFields,
    /** `running` when absent; `waiting` for those that were not started, `ended`, or `all`. Not part of the original API. */
    state: wireChoice(CLUSTER_STATES, (text) => text.toLowerCase()).optional(),
  },
  { aliases: pageAliases },
);
export type ClusterListQuery = z.output<typeof clusterListQuery>;

export const listClusters = endpoint({
  versions,
  method: 'GET',
  tag: 'Clusters',
  access: 'user',
  path: '/api/v2/clusters/',
  summary: 'Clusters that are running, newest first',
  description:
    'Those of jobs that you may see. They come and go with their jobs: none can be made or stopped by itself.',
  query: clusterListQuery,
  status: 200,
  response: page(cluster),
});

export const getCluster = endpoint({
  ...ofCluster,
  path: '/api/v2/clusters/:clusterId/',
  summary: 'A cluster, running or ended',
  description: 'One whose job you may not see, or that was deleted with its job, is answered with 404.',
  response: cluster,
});

export const listStatusesOfCluster = endpoint({
  ...ofCluster,
  path: '/api/v2/clusters/:clusterId/statuses/',
  summary: 'What happened to a cluster, newest first',
  description: 'The same rows as `cluster_statuses/` of its job, of this cluster alone.',
  query: pageQuery,
  response: page(clusterStatus),
});

export const listJobClusters = endpoint({
  ...ofJob,
  path: '/api/v2/jobs/:jobId/clusters/',
  summary: 'Clusters of a job, newest first; empty before it is submitted',
  description:
    'A job that is run again, or whose agent was lost, has had several; the first in the list counts.',
  query: pageQuery,
  response: page(cluster),
});

export const listJobInstances = endpoint({
  ...ofJob,
  path: '/api/v2/jobs/:jobId/instances/',
  summary: 'Hosts of the cluster of a job; empty before it has started',
  description: 'Of the newest cluster. They stay in the list when it has been stopped, with their times.',
  query: pageQuery,
  response: page(instance),
});

export const getConnectionDetails = endpoint({
  ...ofJob,
  path: '/api/v2/jobs/:jobId/connection_details/',
  summary: 'Where a job can be reached by SSH; empty while it cannot',
  description: '`jobs/{jobId}/ssh/` has user and host key as well, and says why nobody can log in.',
  response: z.strictObject({
    /** Addresses of the hosts. */
    connectionDetails: z.array(
      z.strictObject({
        /** Address or name of the host. */
        host: z.string(),
        /** Port of its SSH server. */
        port: z.int(),
      }),
    ),
  }),
});
