/** Clusters, on which jobs are executed, and what they consist of. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { cost } from './job.ts';
import { analysisReference, hardwareDefinition, IGNORED_ANYWHERE } from './job-analysis-definition.ts';
import { clusterStatus, clusterStatusName, waiting } from './job-status.ts';
import { MAX_JOB_ANALYSES } from './limits.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import {
  wireBoolean,
  wireChoice,
  wireId,
  wireListOrNull,
  wireName,
  wireNumber,
  wireObject,
  wireQuery,
  wireReference,
  wireReferenceOrNull,
  wireTimestamp,
} from './wire.ts';

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
    /** Its name; that of its job where it is not persistent. */
    name: z.string(),
    /** E-mail address of its owner, who is that of its job where it is not persistent. */
    owner: z.string(),
    /** Id of the job that it was made for, and ends with; null for a persistent one. */
    jobId: wireId.nullable(),
    /** Whether it outlives the jobs on it. Not part of the original API. */
    isPersistent: z.boolean(),
    /** Ids of the jobs on it that you may see, were submitted and have not ended, in order of submission. Not part of the original API. */
    jobIds: z.array(wireId),
    /** Id of the project whose jobs may be attached to it, too; null for those of its owner alone, and where it is not persistent. Not part of the original API. */
    projectId: wireId.nullable(),
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
      /** Slots that were asked for. */
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
    /** What jobs find on it, as it was named when it was created; empty where it is not persistent. */
    installedAnalyses: z.array(
      z.strictObject({
        /** The software. */
        analysis: z.strictObject({
          /** Code of the software. */
          code: z.string(),
          /** Code of its version; null for any. */
          version: z.string().nullable(),
        }),
      }),
    ),
    /** Whether it waits behind those of normal priority, at a lower price. */
    runLowPriority: z.boolean(),
    /** Minutes without a job after which it ends; null where it is not persistent. Not part of the original API. */
    idleMinutes: z.number().positive().nullable(),
    /** Why it has not been started yet, in the line of all that wait; null where it does not wait, and where it is not persistent. Not part of the original API. */
    waiting: waiting.nullable(),
    /** What its hours have cost so far; null before it was there, and where it is not persistent: then its job has the cost. Not part of the original API. */
    cost: cost.nullable(),
    /** When it was created; without persistence, when its job was submitted or was to be run again. */
    dateInserted: wireTimestamp,
    /** When it was there for runs; null before. */
    dateStarted: wireTimestamp.nullable(),
    /** When it was stopped; null before. */
    dateStopped: wireTimestamp.nullable(),
    /** What was accepted without effect. */
    warnings: z.array(z.string()).optional(),
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

/** A persistent cluster as it is asked for. */
export const clusterCreation = wireObject(
  {
    /** Name of the cluster; several may have the same. */
    name: wireName(),
    /** What it has, and for how long: from its start until the end of `walltime` it is there for jobs. */
    hardware: hardwareDefinition,
    /** Software that jobs are to find on it. All of the platform is on every cluster here; what is named must be offered. */
    installedAnalyses: wireListOrNull(
      wireObject(
        {
          /** The software, by its code. */
          analysis: analysisReference,
        },
        { ignored: ['id', 'useRescaleLicense'] },
      ),
      { max: MAX_JOB_ANALYSES },
    ).default([]),
    /** Whether it waits behind those of normal priority, at a lower price. */
    runLowPriority: wireBoolean().default(false),
    /** A project of yours whose jobs may be attached to it, too. Not part of the original API. */
    projectId: wireReferenceOrNull().optional(),
    /** Minutes without a job after which it ends; what the platform says when absent. Not part of the original API. */
    idleMinutes: wireNumber().optional(),
  },
  {
    ignored: [...IGNORED_ANYWHERE.filter((name) => name !== 'runLowPriority'), 'isPersistent', 'isTemplate'],
  },
).meta({ id: 'ClusterCreation' });
export type ClusterCreation = z.input<typeof clusterCreation>;
export type ParsedClusterCreation = z.output<typeof clusterCreation>;

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
    'Those of jobs that you may see, which come and go with their jobs, and persistent ones that you may see: your own and those of your projects.',
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

export const createCluster = endpoint({
  versions,
  method: 'POST',
  tag: 'Clusters',
  access: 'user',
  path: '/api/v2/clusters/',
  summary: 'Create a persistent cluster, which is there for jobs once it is started',
  description:
    'It holds its cores from its start until it is shut down, its walltime is over, or it has been without a job for `idleMinutes`. Jobs are attached to it (`clusters/{id}/jobs/`) or created with its id as `clusterId`; they are executed one after another or side by side within its slots, without waiting for cores of the platform. Its hours are paid for, and those of its jobs are not.',
  body: clusterCreation,
  status: 201,
  response: cluster,
});

const onPersistent = {
  ...ofCluster,
  method: 'POST',
  status: 204,
  bodyKind: 'ignored',
  refusals: ['Forbidden'],
} as const;

export const startCluster = endpoint({
  ...onPersistent,
  path: '/api/v2/clusters/:clusterId/start/',
  summary: 'Start a persistent cluster',
  description:
    'It waits in the line of all jobs for its cores, and is there for jobs when its status is `Started`. For its owner, managers of its project and administrators. Starting one that is started changes nothing; one that has ended is answered with 400 (`cluster_ended`).',
});

export const shutdownCluster = endpoint({
  ...onPersistent,
  path: '/api/v2/clusters/:clusterId/shutdown/',
  summary: 'Shut down a persistent cluster, with the jobs on it',
  description:
    'Jobs that execute end at once, and what they have written is not kept but for their logs; jobs that wait for it end, too. It is not there again: create another one. For its owner, managers of its project and administrators. Shutting down one that has ended changes nothing.',
});

export const attachJob = endpoint({
  ...ofCluster,
  method: 'POST',
  status: 201,
  refusals: ['Forbidden'],
  path: '/api/v2/clusters/:clusterId/jobs/',
  summary: 'Attach a saved job to a persistent cluster, and submit it',
  description:
    'The job must be yours, and of the owner or the project of the cluster; its core type must be that of the cluster, and a slot of it must fit. One that was submitted is answered with 400 (`job_started`), unless it is on this cluster already. A cluster that has ended takes no more (`cluster_ended`); before its start jobs wait for it.',
  body: wireObject({
    /** Id of the job. */
    id: wireReference(),
    /** Whether to submit it, too; else that is left to `jobs/{id}/submit/`. */
    submit: wireBoolean().default(false),
  }),
  response: z.strictObject({
    /** Id of the row of the job in the cluster, which is that of the job. */
    id: wireId,
    /** What was accepted without effect. */
    warnings: z.array(z.string()).optional(),
  }),
});

export const listStatusesOfCluster = endpoint({
  ...ofCluster,
  path: '/api/v2/clusters/:clusterId/statuses/',
  summary: 'What happened to a cluster, newest first',
  description:
    'The same rows as `cluster_statuses/` of its job, of this cluster alone. A persistent one goes from `Not Started` through `Pending`, `Queued` and `Starting` to `Started`.',
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
