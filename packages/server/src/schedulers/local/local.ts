import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStart, SalvageOrder, SlotGpu } from '@quarry/contract';
import { exposeAgent, withoutProtection } from '../../oom-score.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { ClusterLife, ClusterRequest, Handle, Placement, Scheduler } from '../scheduler.ts';
import { chooseGpus, heldGpus, noteGpus, readGpus } from './gpus.ts';
import { grantedSlots, plan, type Resources, resourcesOf } from './plan.ts';
import { identify, isAlive, type ProcessIdentity } from './process.ts';

const POLL_MS = 500;

interface Running {
  identity: ProcessIdentity | null;
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
    for (const [clusterId, { identity }] of running) {
      if (identity && !isAlive(identity)) {
        noteEnd(clusterId);
      }
    }
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
    running.set(request.clusterId, {
      identity,
      cores: resourcesOf(request, capacity).cores,
      gpus: held,
      endsAt: startedAt + request.walltimeSeconds * 1000,
      ended: false,
    });
  }

  return {
    name: 'local',
    agentDirectory: options.agentDirectory,

    place(queue): Placement[] {
      const held = [...running.values()].map((each) => ({ ...each, gpus: each.gpus.length }));
      return plan(queue, held, capacity, performance.now());
    },

    grant: (wish) => grantedSlots(wish, capacity),

    allot(request) {
      const slots = grantedSlots(request, capacity);
      const others = [...running].filter(([clusterId]) => clusterId !== request.clusterId);
      const taken = new Set(others.flatMap(([, each]) => each.gpus));
      const chosen = chooseGpus(gpus, taken, { slots, gpusPerSlot: request.gpusPerSlot });
      hold(request, null, { held: heldGpus(chosen), startedAt: performance.now() });
      return { slots, gpus: gpus.length === 0 ? null : chosen };
    },

    async start(request, start): Promise<Handle> {
      const held = running.get(request.clusterId)?.gpus ?? [];
      hold(request, null, { held, startedAt: performance.now() });
      try {
        if (!request.sharesFiles) {
          handOver(start, held);
        }
        const child = await spawnAgent(
          options,
          request.directory,
          request.sharesFiles ? {} : { mode: '--start', file: START_FILE },
        );
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
      return identity && { ...identity, gpus: await readGpus(request.directory) };
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
      return entry.identity === null || isAlive(entry.identity) ? 'alive' : 'gone';
    },

    async kill(clusterId) {
      const entry = running.get(clusterId);
      if (entry?.identity && isAlive(entry.identity)) {
        try {
          process.kill(entry.identity.pid, 'SIGKILL');
        } catch {
          // It ended between the look and the signal.
        }
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

/** The living agent of a cluster's directory, from the lock that it holds there. */
async function findAgent(directory: string): Promise<ProcessIdentity | null> {
  try {
    const lock = JSON.parse(await readFile(join(directory, 'agent.lock'), 'utf8')) as ProcessIdentity;
    const identity = { pid: lock.pid, startTicks: lock.startTicks, bootId: lock.bootId ?? null };
    return isAlive(identity) ? identity : null;
  } catch {
    // No such file: no agent has come up here, or it has left.
    return null;
  }
}

type AgentProgram = Pick<
  Parameters<typeof createLocalScheduler>[0],
  'agentMain' | 'environment' | 'agentPrefix'
>;

/** In the directory of a cluster whose agent shares no files with the server. */
const START_FILE = 'start.json';

/** Leaves for an agent in a directory of its own all that it is told without asking. */
function handOver(start: AgentStart, gpus: readonly string[]): void {
  mkdirSync(start.directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(start.directory, START_FILE), JSON.stringify(start), { mode: 0o600 });
  noteGpus(start.directory, gpus);
  tellWhere(start.directory, start.serverUrl);
}

/** A server that was started again may have another port. An agent whose directory is gone has ended. */
function tellWhere(directory: string, url: string): void {
  try {
    writeFileSync(join(directory, 'server.json'), JSON.stringify({ url }), { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
}

/** The command line of an agent. */
function commandLine({ agentMain, agentPrefix }: AgentProgram, args: readonly string[]): [string, string[]] {
  const [program, ...rest] = [...agentPrefix, process.execPath, agentMain, ...args];
  return [program!, rest];
}

/**
 * Starts an agent that belongs to nobody: own session, its words in `agent.log`, and no pipe to the server unless it is
 * given an order.
 */
function spawnAgent(
  agent: AgentProgram,
  directory: string,
  {
    mode,
    file = 'cluster.json',
    input = 'ignore',
  }: { mode?: string; file?: string; input?: 'ignore' | 'pipe' } = {},
): Promise<ChildProcess> {
  const log = openSync(join(directory, 'agent.log'), 'a', 0o600);
  try {
    const [command, args] = commandLine(agent, [...(mode ? [mode] : []), join(directory, file)]);
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
  const child = await spawnAgent(program, directory, { mode: '--salvage', input: 'pipe' });
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
