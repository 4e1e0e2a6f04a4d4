/** What a scheduler leaves for an agent, and who may log in to its cluster. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';

/** A GPU that a slot has to itself. */
export interface SlotGpu {
  /** What tells it from the others of the host: what its maker calls it, or the name of its first node. */
  id: string;
  vendor: 'nvidia' | 'amd' | 'intel' | 'unknown';
  /** Its place among those of its vendor on the host, from 0. */
  number: number;
  /** Its nodes, and those that all of its vendor share: where they lie, and where programs look for them. */
  devices: { source: string; path: string }[];
}

/** A storage device as an agent finds it. */
export interface StorageDeviceMount {
  id: string;
  /** The directory with what lies on it; empty where the owner of the job may use the device no more. */
  path: string;
  /** Whether the file system refuses what does not fit on it; absent where not. */
  isHeld?: boolean;
}

/** Who may log in to a cluster by SSH. */
export const sshAccess = z.object({
  /** Public keys, each a line of `authorized_keys` without options. */
  keys: z.array(z.string()),
  /** Addresses that they may come from, such as `10.0.0.0/8`; empty for all. */
  networks: z.array(z.string()),
});
export type SshAccess = z.output<typeof sshAccess>;

export const askSshAccess = endpoint({
  method: 'POST',
  path: '/api/agent/clusters/:clusterId/ssh-access/',
  summary: 'Who may log in to the cluster',
  description:
    'Asked when somebody knocks, so that a key that was added or removed counts at once. An agent whose server is away goes by the last answer.',
  tag: 'Agent',
  access: 'agent',
  extension: true,
  params: z.object({
    /** Id of the cluster. */
    clusterId: z.string(),
  }),
  status: 200,
  response: sshAccess,
});

/**
 * All that is handed over to an agent that shares no disk with its server, as `start.json` in its directory, readable by
 * its owner only: `node agent/src/main.ts --start <path of start.json>`. It asks the server for the rest.
 */
export interface AgentStart {
  clusterId: string;
  /** Bearer token for everything that it asks the server for. */
  token: string;
  /** Base URL of the server when the cluster was started. */
  serverUrl: string;
  /** The cluster's directory, on a disk of its own. */
  directory: string;
}

export const describeCluster = endpoint({
  method: 'GET',
  path: '/api/agent/clusters/:clusterId/',
  summary: 'What the agent of a cluster is to know',
  description:
    'Asked once by an agent that shares no disk with the server, when it starts: slots, limits, sandbox, and where it keeps what. An agent that shares the disk reads the same from `cluster.json`.',
  tag: 'Agent',
  access: 'agent',
  extension: true,
  params: z.object({
    /** Id of the cluster. */
    clusterId: z.string(),
  }),
  status: 200,
});

/**
 * What the scheduler leaves in the cluster's directory as `cluster.json`, readable by its owner only.
 * The agent finds everything from here: `node agent/src/main.ts <path of cluster.json>`. One that shares no disk with its
 * server gets it by `describeCluster`, and writes it down itself.
 */
export interface ClusterFile {
  clusterId: string;
  /** Bearer token for the exchange and for input downloads. */
  token: string;
  /** Base URL of the server when the cluster was started. */
  serverUrl: string;
  /** A file `{ "url": … }` rewritten by each start of the server: read again when the server does not answer. */
  serverFile: string | null;
  /** The cluster's directory: journal.ndjson, agent.log and runs/ live here. */
  directory: string;
  /** Whether files of the server are found under the paths that it names, and outputs taken over from there; absent: they are. */
  sharesFiles?: boolean;
  slots: number;
  coresPerSlot: number;
  /** The GPUs of each slot, an empty list where it has none; absent on a host without GPUs. */
  gpus?: SlotGpu[][];
  /** Storage devices of the job; absent in files of earlier versions. */
  storageDevices?: StorageDeviceMount[];
  sandbox: {
    mode: 'auto' | 'required' | 'off';
    /** Directories that no command may see (the data directory, homes). */
    hiddenPaths: string[];
    /** `none`: commands see no network but one of their own. Absent: the host's. */
    network?: 'host' | 'none';
    /** What the tiles of the job show of hidden places, so that one sandbox can be made for all of them. */
    visiblePaths?: string[];
  };
  /** Where people may log in by SSH, and who; absent: nowhere. */
  ssh?: {
    /** Address to listen on. */
    listen: string;
    /** The first free port of these, both included; 0 and 0: any. */
    firstPort: number;
    lastPort: number;
    /** Until the server is asked. */
    access: SshAccess;
  };
  limits: {
    logBytes: number;
    archiveEntries: number;
    archiveExpandedBytes: number;
    outputFiles: number;
    stopGraceSeconds: number;
    /** Of one run at a time; absent in files of earlier versions. */
    openFiles?: number;
    processes?: number;
    /** Memory of one run at a time; absent or 0: as much as there is. */
    memoryBytes?: number;
    /** Outputs that are kept of a run, in bytes together; absent or 0: as many as the disk takes. */
    outputBytes?: number;
    /** Absent where an earlier server has prepared the cluster: no limit. */
    outputFileBytes?: number;
    outputPathBytes?: number;
    outputPathBytesPerRun?: number;
    outputEntries?: number;
    /** Between two samples of what a run uses; absent: the agent's own default. 0: none are taken. */
    usageSampleSeconds?: number;
    /** For how long outputs wait for a server that does not answer, before the agent leaves; absent: the agent's own default. */
    undeliveredSeconds?: number;
  };
}

/**
 * What the scheduler leaves in the directory of a persistent cluster as `holder.json`, for the agent that holds it:
 * `node agent/src/main.ts --hold <path of holder.json>`. Each job on the cluster has a share of it, with a directory and a
 * `cluster.json` of its own, whose path comes into the directory `shares/` as a file named by the id of the share.
 */
export interface HolderFile {
  clusterId: string;
  /** The cluster's directory: agent.log, begun.json and shares/ live here. */
  directory: string;
  /** When nobody has ended it until then, it ends by itself. */
  walltimeSeconds: number;
  /** The same after so long without a share. */
  idleSeconds: number;
  /** The GPUs of each slot, of which shares get theirs; absent on a host without GPUs. */
  gpus?: SlotGpu[][];
}

/** What the holder of a persistent cluster leaves there as `begun.json`. */
export interface HolderBegun {
  /** By the monotonic clock of the host. */
  monotonicMs: number;
  /** Which boot of the host that clock counts from; null where the host does not say. */
  bootId: string | null;
  hostname: string;
}
