import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStart, SalvageOrder, SlotGpu } from '@quarry/contract';
import { exposeAgent, withoutProtection } from '../../oom-score.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { ClusterLife, ClusterRequest, Handle, Placement, Scheduler, SlotWish } from '../scheduler.ts';
import { chooseGpus, heldGpus, readGpus } from './gpus.ts';
import { filesOf, handOver, isHanded, type ShareFiles } from './hand-over.ts';
import { leaveStart, START_FILE, tellWhere } from './leave-start.ts';
import { findAgent } from './lock.ts';
import { grantedSlots, placeOf, plan, type Resources, resourcesOf } from './plan.ts';
import { identify, isAlive, type ProcessIdentity } from './process.ts';

const POLL_MS = 500;

interface Running {
  identity: ProcessIdentity | null;
  /** Of a share: the persistent cluster, and by what one sees that its holder has it. */
  within: (ShareFiles & { clusterId: string }) | null;
  coreType: string;
  cores: number;
  /** Ids of those that its slots have. */
  gpus: readonly string[];
  /** At the latest, by `performance.now()`. */
  endsAt: number;
  ended: boolean;
}

/** The host itself as a cluster: agents are detached processes that outlive the server. */
export function createLocalScheduler(options: {
  /** Cores that clusters may hold together. */
  cores: number;
  /** Whether a slot that asks for more than there is gets all of it, instead of never being placed. */
  isStandIn: boolean;
  /** GPUs of the host, each for one slot at a time. */
  gpus: readonly SlotGpu[];
  /** The agent's main module. */
  agentMain: string;
  /** The whole environment of an agent. */
  environment: () => Record<string, string>;
  /** A program with its arguments that is given the command line of an agent as further ones, and becomes the agent. */
  agentPrefix: readonly string[];
  /** Where agents have their directories that share no files with the server; null where they share them. */
  agentDirectory: string | null;
  /** Where the server is. */
  serverUrl: () => string;
  looking: BackgroundTask;
}): Scheduler {
  const { cores, gpus } = options;
  const capacity: Resources = { cores, gpus: gpus.length };
  const running = new Map<string, Running>();
  const listeners: Array<(clusterId: string) => void> = [];
  // An agent that this process did not start sends no exit event: look at it now and then.
  const timer = setInterval(() => void options.looking.run(noteEnds), POLL_MS);

  function noteEnds(): void {
    for (const [clusterId, entry] of running) {
      if (entry.identity && !isAtWork(entry)) {
        noteEnd(clusterId);
      }
    }
  }

  /** What a cluster is placed in: the host, or the persistent cluster that it is within. */
  function capacityFor({ within }: Pick<ClusterRequest, 'within'>): Resources {
    const holder = within === undefined ? undefined : running.get(within);
    return holder === undefined ? capacity : { cores: holder.cores, gpus: holder.gpus.length };
  }

  /** What is asked for, in what can be given where this host stands in for a larger one. */
  function inReach<Wish extends SlotWish & { within?: string | undefined }>(wish: Wish): Wish {
    if (!options.isStandIn) {
      return wish;
    }
    const most = capacityFor(wish);
    const coresPerSlot = Math.min(wish.coresPerSlot, most.cores);
    return { ...wish, coresPerSlot, gpusPerSlot: Math.min(wish.gpusPerSlot, most.gpus) };
  }

  /** What has been given out of it. */
  function heldIn(within: string | undefined) {
    return [...running.values()]
      .filter((each) => each.within?.clusterId === within)
      .map((each) => ({ ...each, gpus: each.gpus.length }));
  }

  /** Places those that are to be within one persistent cluster. */
  function placeWithin(within: string, queue: readonly ClusterRequest[]): Placement[] {
    const holder = running.get(within);
    if (holder === undefined || holder.ended) {
      const message = `Cluster ${within} is not there.`;
      return queue.map(({ clusterId }, index) => ({
        clusterId,
        decision: 'wait',
        waiting: { code: 'waiting_for_cluster', message, position: index + 1 },
      }));
    }
    return plan(queue, heldIn(within), capacityFor({ within }), performance.now(), placeOf(within));
  }

  function noteEnd(clusterId: string): void {
    const entry = running.get(clusterId);
    if (!entry || entry.ended) {
      return;
    }
    entry.ended = true;
    for (const listener of listeners) {
      listener(clusterId);
    }
  }

  /** An agent that finds another one at work leaves: then that other one is the cluster's, started before a crash. */
  async function noteExit(request: ClusterRequest, ended: ProcessIdentity): Promise<void> {
    const other = await findAgent(request.directory);
    const entry = running.get(request.clusterId);
    if (entry && other && other.pid !== ended.pid) {
      entry.identity = other;
    } else {
      noteEnd(request.clusterId);
    }
  }

  function hold(
    request: ClusterRequest,
    identity: ProcessIdentity | null,
    { held, startedAt }: { held: readonly string[]; startedAt: number },
  ): void {
    const { within } = request;
    running.set(request.clusterId, {
      identity,
      within: within === undefined ? null : { clusterId: within, ...filesOf(request) },
      coreType: request.coreType,
      cores: resourcesOf(inReach(request), capacityFor(request)).cores,
      gpus: held,
      endsAt: startedAt + request.walltimeSeconds * 1000,
      ended: false,
    });
  }

  return {
    name: 'local',
    agentDirectory: options.agentDirectory,

    use: () => ({
      total: capacity,
      clusters: [...running]
        .filter(([, { within }]) => within === null)
        .map(([clusterId, { coreType, cores, gpus, ...entry }]) => ({
          clusterId,
          coreType,
          cores,
          gpus: gpus.length,
          isAlive: !entry.ended && (entry.identity === null || isAlive(entry.identity)),
        })),
    }),

    place(queue): Placement[] {
      const places = Map.groupBy(queue.map(inReach), ({ within }) => within);
      return [...places].flatMap(([within, requests]) =>
        within === undefined
          ? plan(requests, heldIn(undefined), capacity, performance.now())
          : placeWithin(within, requests),
      );
    },

    grant: (wish) => grantedSlots(inReach(wish), capacity),

    allot(request) {
      const { clusterId: id, within, gpusPerSlot, ...wish } = inReach(request);
      const slots = grantedSlots({ ...wish, gpusPerSlot }, capacityFor(request));
      const others = [...running].filter(([clusterId, each]) => clusterId !== id && isBeside(each, within));
      const taken = new Set(others.flatMap(([, each]) => each.gpus));
      const offered = within === undefined ? null : running.get(within)?.gpus;
      const offer = offered ? gpus.filter((gpu) => offered.includes(gpu.id)) : gpus;
      const chosen = chooseGpus(offer, taken, { slots, gpusPerSlot });
      hold(request, null, { held: heldGpus(chosen), startedAt: performance.now() });
      return { slots, gpus: gpus.length === 0 ? null : chosen };
    },

    async start(request, start): Promise<Handle> {
      const held = running.get(request.clusterId)?.gpus ?? [];
      hold(request, null, { held, startedAt: performance.now() });
      if (request.within !== undefined) {
        const holder = running.get(request.within)?.identity ?? null;
        const identity = await handOver(holder, request);
        running.get(request.clusterId)!.identity = identity;
        return { ...identity, gpus: held };
      }
      try {
        const child = await spawnAgent(options, request.directory, howToStart(request, start, held));
        const identity = identify(child.pid!);
        running.get(request.clusterId)!.identity = identity;
        child.once('exit', () => void noteExit(request, identity));
        return { ...identity, gpus: held };
      } catch (error) {
        running.delete(request.clusterId);
        throw error;
      }
    },

    async find(request): Promise<Handle | null> {
      const identity = await findAgent(request.directory);
      return identity && { ...identity, gpus: await readGpus(request) };
    },

    adopt(request, handle, ranForMs) {
      const { gpus: held = [], ...identity } = handle as unknown as ProcessIdentity & { gpus?: string[] };
      hold(request, identity, { held, startedAt: performance.now() - ranForMs });
      if (!request.sharesFiles) {
        tellWhere(request.directory, options.serverUrl());
      }
    },

    life(clusterId): ClusterLife {
      const entry = running.get(clusterId);
      if (!entry || entry.ended) {
        return 'gone';
      }
      return entry.identity === null || isAtWork(entry) ? 'alive' : 'gone';
    },

    end(clusterId) {
      const identity = running.get(clusterId)?.identity;
      if (identity && isAlive(identity)) {
        signal(identity, 'SIGTERM');
      }
    },

    async kill(clusterId) {
      const entry = running.get(clusterId);
      // A share that nobody is at work for has left its process to others.
      if (entry?.identity && isAtWork(entry)) {
        signal(entry.identity, 'SIGKILL');
      }
      await reap(options, clusterId);
    },

    salvage: ({ directory }, order, signals) => salvage(options, directory, order, signals),

    release(clusterId) {
      running.delete(clusterId);
    },

    onEnd(listener) {
      listeners.push(listener);
    },

    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}

/** Whether the agent of a cluster is there; of a share, whether it has not left. */
function isAtWork({ identity, within }: Running): boolean {
  return identity !== null && isAlive(identity) && (within === null || isHanded(within));
}

/** Whether two get what they have of the same. */
function isBeside(entry: Running, within: string | undefined): boolean {
  return entry.within?.clusterId === within;
}

function signal({ pid }: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

interface HowToStart {
  options?: string[];
  input?: 'ignore' | 'pipe';
  /** What it finds everything from. */
  file?: 'cluster.json' | 'holder.json' | typeof START_FILE;
}

type AgentProgram = Pick<
  Parameters<typeof createLocalScheduler>[0],
  'agentMain' | 'environment' | 'agentPrefix'
>;

/** What the agent of a cluster begins with; one that shares no files with the server finds it in its directory from now on. */
function howToStart(request: ClusterRequest, start: AgentStart | null, held: readonly string[]): HowToStart {
  if (request.holds) {
    return { file: 'holder.json', options: ['--hold'] };
  }
  if (request.sharesFiles || start === null) {
    return {};
  }
  leaveStart(start, held);
  return { file: START_FILE, options: ['--start'] };
}

/**
 * What becomes garbage within a run, V8 collects as soon as so many MiB of it are there; by itself it lets them grow to 48 first, and the
 * buffers that hang on them beside, which is half of what an agent holds. What lives on is 10 MiB however many runs there are.
 */
const AGENT_FLAGS = ['--max-semi-space-size=1'];

/** The command line of an agent. */
function commandLine({ agentMain, agentPrefix }: AgentProgram, args: readonly string[]): [string, string[]] {
  const [program, ...rest] = [...agentPrefix, process.execPath, ...AGENT_FLAGS, agentMain, ...args];
  return [program!, rest];
}

/**
 * Starts an agent that belongs to nobody: own session, its words in `agent.log`, and no pipe to the server unless it is
 * given an order.
 */
function spawnAgent(
  agent: AgentProgram,
  directory: string,
  { options = [], input = 'ignore', file = 'cluster.json' }: HowToStart = {},
): Promise<ChildProcess> {
  const log = openSync(join(directory, 'agent.log'), 'a', 0o600);
  try {
    const [command, args] = commandLine(agent, [...options, join(directory, file)]);
    const child = withoutProtection(() =>
      spawn(command, args, {
        cwd: directory,
        detached: true,
        env: agent.environment(),
        stdio: [input, log, log],
      }),
    );
    child.unref();
    if (child.pid !== undefined) {
      exposeAgent(child.pid);
    }
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child));
    });
  } finally {
    closeSync(log);
  }
}

/** Starts an agent that collects what another one has left, and waits for it. */
async function salvage(
  program: AgentProgram,
  directory: string,
  order: SalvageOrder,
  { stop, leave }: { stop: AbortSignal; leave: AbortSignal },
): Promise<void> {
  leave.throwIfAborted();
  const child = await spawnAgent(program, directory, { options: ['--salvage'], input: 'pipe' });
  // One that dies at once takes nothing, and says so by its end.
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(JSON.stringify(order));
  stop.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  await new Promise<void>((resolve, reject) => {
    const abandon = () => reject(leave.reason);
    leave.addEventListener('abort', abandon, { once: true });
    child.once('exit', (code, signal) => {
      leave.removeEventListener('abort', abandon);
      // Told to stop, it kills itself when everything is written down; SIGTERM ends only one that has not begun.
      if (code === 0 || (stop.aborted && signal === 'SIGKILL')) {
        resolve();
      } else {
        reject(
          new Error(`The agent that was to collect the runs ended with ${signal ?? code}: see agent.log.`),
        );
      }
    });
  });
}

/** Kills what a cluster's commands left behind; the agent knows how to find it. */
function reap(agent: AgentProgram, clusterId: string): Promise<void> {
  return new Promise((resolve) => {
    const options = { cwd: '/', env: agent.environment(), stdio: 'ignore' } as const;
    const [command, args] = commandLine(agent, ['--reap', clusterId]);
    const child = withoutProtection(() => spawn(command, args, options));
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}
