/**
 * Holds a persistent cluster: one process that executes the jobs which come to the cluster, one after another or side by
 * side, each as if it had a cluster of its own. A job has a share of it: its directory with cluster.json, journal, lock and
 * exchange, its slots and their sandboxes. So nothing of one job reaches another, and what is told of an agent holds for
 * the share.
 *
 * The server decides when the cluster ends, and tells by SIGTERM. One that is never heard of again does not hold the cluster
 * for ever: the holder leaves by itself a while after walltime or idle time.
 */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { HolderBegun, HolderFile } from '@quarry/contract';
import { endWithProcess, executeCluster } from '../agent.ts';
import { closeConnections } from '../exchange/http.ts';
import { HOLDER_SPARE_SECONDS } from '../limits.ts';
import { lockCluster } from '../lock.ts';
import { monotonicMs, readBootId } from '../monotonic.ts';
import { report } from '../report.ts';
import { agentEnding, type StopReason } from '../runs/stop-switch.ts';

/** Between two looks for new shares, should the file system tell of none. */
const LOOK_MS = 1000;

/** Holds the cluster that the file describes; resolves when it has ended, with all shares. */
export async function holdCluster(holderFilePath: string): Promise<void> {
  const file = JSON.parse(readFileSync(holderFilePath, 'utf8')) as HolderFile;
  const unlock = lockCluster(join(file.directory, 'agent.lock'));
  try {
    await new Holder(file).run();
  } finally {
    closeConnections();
    unlock();
  }
}

interface Share {
  /** Null until its slots are open. */
  agent: { end(reason: StopReason): void } | null;
}

class Holder {
  readonly #file: HolderFile;
  readonly #inbox: string;
  readonly #shares = new Map<string, Share>();
  readonly #ended = Promise.withResolvers<void>();
  /** Why it ends, once it does. */
  #ending: StopReason | null = null;
  #idleSinceMs = monotonicMs();

  constructor(file: HolderFile) {
    this.#file = file;
    this.#inbox = join(file.directory, 'shares');
  }

  async run(): Promise<void> {
    endWithProcess({ end: (reason) => this.#end(reason) });
    mkdirSync(this.#inbox, { recursive: true, mode: 0o700 });
    const begunAtMs = this.#noteBegin();
    const look = () => this.#look(begunAtMs);
    const watcher = watch(this.#inbox, look);
    watcher.on('error', (error) => report(`New shares are looked for once a second: ${error.message}`));
    const timer = setInterval(look, LOOK_MS);
    look();
    try {
      await this.#ended.promise;
    } finally {
      watcher.close();
      clearInterval(timer);
    }
  }

  /** From here on the cluster is there for jobs. */
  #noteBegin(): number {
    const path = join(this.#file.directory, 'begun.json');
    const begun: HolderBegun = { monotonicMs: monotonicMs(), bootId: readBootId(), hostname: hostname() };
    writeFileSync(`${path}.new`, JSON.stringify(begun), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return begun.monotonicMs;
  }

  #look(begunAtMs: number): void {
    const now = monotonicMs();
    const { walltimeSeconds, idleSeconds } = this.#file;
    if (now - begunAtMs > (walltimeSeconds + HOLDER_SPARE_SECONDS) * 1000) {
      this.#end(agentEnding());
    }
    if (this.#shares.size === 0 && now - this.#idleSinceMs > (idleSeconds + HOLDER_SPARE_SECONDS) * 1000) {
      this.#end(agentEnding());
    }
    if (this.#ending !== null) {
      return;
    }
    // One that is being written has another name yet.
    for (const name of readdirSync(this.#inbox).filter((each) => !each.includes('.'))) {
      if (this.#shares.has(name)) {
        // It was given once more by a server that did not know.
        rmSync(join(this.#inbox, name), { force: true });
        continue;
      }
      const clusterFilePath = readEntry(join(this.#inbox, name));
      if (clusterFilePath !== null) {
        this.#take(name, clusterFilePath);
      }
    }
  }

  #take(shareId: string, clusterFilePath: string): void {
    const share: Share = { agent: null };
    this.#shares.set(shareId, share);
    const work = executeCluster(clusterFilePath, (agent) => {
      share.agent = agent;
      if (this.#ending !== null) {
        agent.end(this.#ending);
      }
    });
    // The share has its lock by now, so that whoever has put it here finds either of the two.
    rmSync(join(this.#inbox, shareId), { force: true });
    void work.catch((error) => tellShare(clusterFilePath, error)).finally(() => this.#leave(shareId));
  }

  #leave(shareId: string): void {
    this.#shares.delete(shareId);
    this.#idleSinceMs = monotonicMs();
    if (this.#ending !== null && this.#shares.size === 0) {
      this.#ended.resolve();
    }
  }

  #end(reason: StopReason): void {
    if (this.#ending !== null) {
      return;
    }
    this.#ending = reason;
    for (const { agent } of this.#shares.values()) {
      agent?.end(reason);
    }
    if (this.#shares.size === 0) {
      this.#ended.resolve();
    }
  }
}

/** The path of a share's cluster.json; null when whoever put it there has taken it back. */
function readEntry(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Where one looks for what became of a share; the others go on. */
function tellShare(clusterFilePath: string, error: unknown): void {
  const text = error instanceof Error ? error.stack : String(error);
  try {
    appendFileSync(join(dirname(clusterFilePath), 'agent.log'), `${text}\n`, { mode: 0o600 });
  } catch {
    report(`${clusterFilePath}: ${text}`);
  }
}
