import type { AgentStart, Failure, SalvageOrder, SlotGpu } from '@quarry/contract';

/** A cluster that the engine wants: `slots` places of `coresPerSlot` cores and `gpusPerSlot` GPUs each, for at most `walltimeSeconds`. */
export interface ClusterRequest {
  clusterId: string;
  slots: number;
  coresPerSlot: number;
  gpusPerSlot: number;
  coreType: string;
  walltimeSeconds: number;
  isLowPriority: boolean;
  /** The cluster's directory, which holds its `cluster.json` for the agent; on the agent's own disk where that shares none. */
  directory: string;
  /** Whether agent and server find each other's files under the same paths. */
  sharesFiles: boolean;
  /** The persistent cluster of which this one is a share: what it gets is of that, and so is its agent. */
  within?: string;
  /** It is a persistent cluster itself: its directory holds a `holder.json`, and clusters within it are started there. */
  holds?: boolean;
}

export type SlotWish = Pick<ClusterRequest, 'slots' | 'coresPerSlot' | 'gpusPerSlot'>;

/** What a cluster gets that is about to be started. */
export interface Allotment {
  slots: number;
  /** The GPUs of each slot; null on a host without any. */
  gpus: SlotGpu[][] | null;
}

/** Why a cluster does not start yet; `position` counts from 1 in the order in which clusters will start. */
export interface Waiting {
  code: string;
  message: string;
  position: number;
}

export type Placement =
  | { clusterId: string; decision: 'start' }
  | { clusterId: string; decision: 'wait'; waiting: Waiting }
  | { clusterId: string; decision: 'refuse'; failure: Failure };

/** Whatever a scheduler must remember to find a cluster again after a restart; plain JSON. */
export type Handle = Record<string, unknown>;

/** What a cluster has, of those that are not within a persistent one. */
export interface ClusterUse {
  clusterId: string;
  coreType: string;
  cores: number;
  gpus: number;
  isAlive: boolean;
}

/** What a scheduler gives out, and who has it. */
export interface SchedulerUse {
  total: { cores: number; gpus: number };
  clusters: ClusterUse[];
}

export type ClusterLife = 'alive' | 'gone';

/**
 * Hands out clusters: starts an agent for each and tells whether it lives. Everything else goes between the
 * agent and the server, which see the same files under the same paths unless the scheduler says otherwise. Methods may be
 * repeated; a cluster unknown to the scheduler is `gone`.
 */
export interface Scheduler extends AsyncDisposable {
  readonly name: string;
  /**
   * Where the agents that it starts from now on have the directories of their clusters, on disks that the server does not
   * see; null where they have them beside the server's files, which they see as well.
   */
  readonly agentDirectory: string | null;
  /** What it gives out, and which clusters have how much of it. */
  use(): SchedulerUse;
  /** Decides for each request, in the given order of submission, whether to start it now. */
  place(queue: readonly ClusterRequest[]): Placement[];
  /** Slots that a cluster gets here: as many of those it asks for as there is room for, at least one. */
  grant(wish: SlotWish): number;
  /** Holds for a cluster what it is then started with, until it is released. Throws when something of it is not there. */
  allot(request: ClusterRequest): Allotment;
  /**
   * Starts the agent, which is handed over nothing but `start` where it shares no files. Throws when the scheduler refuses,
   * with its words.
   */
  start(request: ClusterRequest, start: AgentStart | null): Promise<Handle>;
  /** Finds the agent of a cluster whose start was not recorded; null when none lives. */
  find(request: ClusterRequest): Promise<Handle | null>;
  /**
   * Takes note of a cluster that was started by an earlier process of the server, and has run for so long. An agent that
   * shares no files is told where the server is now, as far as it can be.
   */
  adopt(request: ClusterRequest, handle: Handle, ranForMs: number): void;
  life(clusterId: string): ClusterLife;
  /** Asks the agent of a persistent cluster to end when nothing is within it any more. */
  end(clusterId: string): void;
  /** Ends the agent and everything that it started, at once. */
  kill(clusterId: string): Promise<void>;
  /**
   * Has what the agent of a cluster left that is gone ended and collected, on the cluster, into its journal. Resolves when
   * that is done; rejects when it failed, or an agent lives after all. `stop` ends it early, in order; when `leave` is
   * aborted it goes on without being waited for, and this rejects.
   */
  salvage(
    request: ClusterRequest,
    order: SalvageOrder,
    signals: { stop: AbortSignal; leave: AbortSignal },
  ): Promise<void>;
  /** Gives back what the cluster held. */
  release(clusterId: string): void;
  /** Called when an agent's end is noticed. */
  onEnd(listener: (clusterId: string) => void): void;
}
