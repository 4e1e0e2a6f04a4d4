/**
 * Wires the agent of one cluster and sees it to its end: told `done` by the server, told to end by the host
 * (SIGTERM), given up by the server (the cluster is gone), or left alone with nothing to do for a long time.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent, ClusterFile, FileRequest } from '@quarry/contract';
import type { FileRequests } from './asked/file-requests.ts';
import { FILE_REQUESTS, isFileRequest } from './asked/kinds.ts';
import { fetchClusterFile, readClusterFile, readStartFile } from './cluster-file.ts';
import type { DeliveredEnds } from './delivery/deliver-ends.ts';
import type { PendingEnd } from './delivery/pending-ends.ts';
import { tellEnds } from './delivery/tell-ends.ts';
import { wordsOfLeaving } from './delivery/words-of-leaving.ts';
import { type Desired, Exchange } from './exchange/exchange.ts';
import { closeConnections } from './exchange/http.ts';
import { Journal, type NewEvent } from './exchange/journal.ts';
import { Reserve } from './exchange/reserve.ts';
import { removeTree } from './files/remove-tree.ts';
import {
  JOURNAL_RESERVE_BYTES,
  LAST_WORDS_MS,
  ORPHAN_SECONDS,
  UNDELIVERED_SECONDS,
  USAGE_SAMPLE_SECONDS,
} from './limits.ts';
import { lockCluster } from './lock.ts';
import { readBootId } from './monotonic.ts';
import { Hasher } from './outputs/hasher.ts';
import { endCluster } from './process/leftovers.ts';
import { report } from './report.ts';
import { InputSource } from './runs/input-source.ts';
import { findLeftRuns, idsOf } from './runs/left-runs.ts';
import { MachineFiles } from './runs/machine-files.ts';
import { RunPool } from './runs/pool.ts';
import { RunRequests } from './runs/requests.ts';
import { own } from './runs/run-paths.ts';
import { agentEnding, agentFailed, type StopReason, shutDown, stoppedByUser } from './runs/stop-switch.ts';
import { TemplateStore } from './runs/template-store.ts';
import { JobWalltime, usedBefore } from './runs/walltime.ts';
import { openSlots, type Slots } from './slots/open-slots.ts';
import type { SshDoor } from './ssh/door.ts';
import { UsageSampler } from './usage/sampler.ts';

/** Runs the agent of the cluster that the file describes, as this process; resolves when it has left. */
export async function runAgent(clusterFilePath: string): Promise<void> {
  try {
    await executeCluster(clusterFilePath, endWithProcess);
  } finally {
    closeConnections();
  }
}

/** Runs an agent that was handed over a start file and asks the server for the rest; resolves when it has left. */
export async function startAgent(startFilePath: string): Promise<void> {
  const start = readStartFile(startFilePath);
  try {
    await serveCluster(start.directory, () => fetchClusterFile(start), endWithProcess);
  } finally {
    closeConnections();
  }
}

/** When the process is told to end, or has a fault, its agent ends. */
export function endWithProcess(agent: { end(reason: StopReason): void }): void {
  process.on('SIGTERM', () => agent.end(agentEnding()));
  process.on('SIGINT', () => agent.end(agentEnding()));
  const crash = (error: unknown) => {
    report(`${error instanceof Error ? error.stack : String(error)}`);
    process.exitCode = 1;
    agent.end(agentFailed(error));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/**
 * Executes the runs of a cluster in this process, which may be at work for others as well; `onOpened` gets what ends it early.
 * Resolves when it has left.
 */
export async function executeCluster(
  clusterFilePath: string,
  onOpened: (agent: { end(reason: StopReason): void }) => void,
): Promise<void> {
  const cluster = readClusterFile(clusterFilePath);
  await serveCluster(cluster.directory, async () => cluster, onOpened);
}

async function serveCluster(
  directory: string,
  findCluster: () => Promise<ClusterFile>,
  onOpened: (agent: { end(reason: StopReason): void }) => void,
): Promise<void> {
  // Inputs, logs and outputs belong to the user that the cluster runs as; others may read what the directory lets them.
  process.umask(0o022);
  const unlock = lockCluster(join(directory, 'agent.lock'));
  let cluster: ClusterFile;
  try {
    cluster = await findCluster();
  } catch (error) {
    unlock();
    throw error;
  }
  const reserve = new Reserve(join(cluster.directory, 'journal.reserve'), JOURNAL_RESERVE_BYTES);
  const journal = new Journal(join(cluster.directory, 'journal.ndjson'), reserve);
  const hasher = new Hasher();
  let slots: Slots['slots'] = [];
  let door: SshDoor | null = null;
  let isDone = false;
  let undelivered: PendingEnd[] = [];
  try {
    const earlier = journal.takeEarlier();
    if (journal.continued) {
      // What an agent of before has left must not work beside us in the same directories, and is lost with its slots.
      await endCluster(cluster.clusterId);
      undelivered = await endEarlierRuns(earlier, { cluster, journal, hasher });
    }
    const opened = await openSlots(cluster);
    slots = opened.slots;
    const { ssh, sshProblem } = await openDoor(cluster, opened);
    door = ssh;
    const Ends = cluster.sharesFiles === false ? await loadDeliveredEnds() : null;
    const agent = new ClusterAgent(cluster, {
      ...{ journal, hasher, earlier, undelivered, ssh, sshProblem, Ends },
      ...opened,
    });
    onOpened(agent);
    isDone = (await agent.run()) && cluster.sharesFiles === false;
  } finally {
    door?.close();
    await hasher.close();
    await Promise.all(slots.map((slot) => slot.close()));
    journal.close();
    unlock();
    if (isDone) {
      await removeTree(cluster.directory);
    }
  }
}

interface Parts extends Slots {
  journal: Journal;
  hasher: Hasher;
  /** Events of an earlier agent of this cluster. */
  earlier: AgentEvent[];
  /** Ends of runs of that agent whose outputs the server has not got. */
  undelivered: readonly PendingEnd[];
  /** Null where nobody can log in. */
  ssh: SshDoor | null;
  sshProblem: string | null;
  /** What brings outputs to the server; null where that finds them where they lie. */
  Ends: typeof DeliveredEnds | null;
}

/** Most agents share the disk of their server, and start sooner without it. */
async function loadDeliveredEnds(): Promise<typeof DeliveredEnds> {
  return (await import('./delivery/deliver-ends.ts')).DeliveredEnds;
}

/** One agent at work: turns the server's wishes into runs, and what becomes of the runs into events. */
class ClusterAgent {
  readonly #journal: Journal;
  readonly #pool: RunPool;
  readonly #exchange: Exchange;
  /** Runs of an earlier agent of this cluster: what became of them is known, they are not executed again. */
  readonly #earlierRuns: Set<string>;
  readonly #ssh: SshDoor | null;
  readonly #idle = Promise.withResolvers<void>();
  #knownStop: Desired['stop'] = null;
  #knowsDiscard = false;
  readonly #requests: RunRequests;
  /** Null where the server finds the outputs where they lie. */
  readonly #delivered: DeliveredEnds | null;
  readonly #walltime: JobWalltime;
  readonly #clusterDirectory: string;
  readonly #undeliveredSeconds: number;
  #fileRequests: Promise<FileRequests> | null = null;
  #leaving = false;
  #saidGoodbye = false;
  #endingSince: number | null = null;
  /** It ends since its server is gone: nobody waits for its last words. */
  #isAbandoned = false;

  constructor(cluster: ClusterFile, parts: Parts) {
    const { journal, hasher, earlier, undelivered, slots, identity, sandbox, memoryControl } = parts;
    const { deviceLinks, missingDevices, ssh, sshProblem, Ends } = parts;
    this.#journal = journal;
    const emit = (event: NewEvent) => this.#emit(event);
    const bootId = readBootId();
    const usage = new UsageSampler(cluster.limits.usageSampleSeconds ?? USAGE_SAMPLE_SECONDS, () =>
      this.#exchange.notify(),
    );
    this.#delivered = Ends && new Ends({ cluster, journal, emit });
    this.#walltime = new JobWalltime(usedBefore(earlier, bootId), (reason) => this.#pool.stopAll(reason));
    this.#pool = new RunPool(
      {
        cluster,
        slots,
        identity,
        sandboxMissing:
          cluster.sandbox.mode === 'required' && sandbox.isolation === 'none' ? sandbox.reason : null,
        deviceLinks,
        missingDevices,
        machineFiles: new MachineFiles(cluster.coresPerSlot, (fd) => own(fd, identity)),
        hasher,
        source: new InputSource(cluster),
        templates: new TemplateStore(),
        walltime: this.#walltime,
        usage,
        ends: this.#delivered ?? tellEnds(emit),
        emit,
      },
      () => this.#leaveWhenIdle(),
    );
    this.#exchange = new Exchange({
      cluster,
      journal,
      wantRuns: () => (this.#leaving ? 0 : this.#pool.room),
      isBusy: () => this.#pool.isBusy,
      knownStop: () => this.#knownStop,
      understands: ['signal', ...FILE_REQUESTS],
      knowsDiscard: () => this.#knowsDiscard,
      onAnswer: (desired) => this.#follow(desired),
      givesUp: (silentMs) => this.#givesUp(silentMs),
      usage,
    });
    this.#requests = new RunRequests({ slots, emit, earlier });
    this.#clusterDirectory = cluster.directory;
    this.#undeliveredSeconds = cluster.limits.undeliveredSeconds ?? UNDELIVERED_SECONDS;
    this.#earlierRuns = new Set(
      earlier.flatMap((event) =>
        event.type === 'run_started' || event.type === 'run_finished' ? [event.runId] : [],
      ),
    );
    emit({
      type: 'agent_started',
      pid: process.pid,
      hostname: hostname(),
      sandbox: sandbox.isolation === 'none' ? 'none' : 'bubblewrap',
      memoryControl: memoryControl?.kind ?? 'none',
      bootId,
      ssh: ssh?.address ?? null,
      sshProblem,
    });
    this.#ssh = ssh;
    ssh?.report((login) => emit({ type: 'ssh_login', ...login }));
    const delivered = this.#delivered;
    if (delivered !== null) {
      this.#pool.deliverLeft(undelivered, (end, stop) => delivered.finishLeft(end, stop));
    }
  }

  /** Resolves when the agent has left, with whether nothing is left here that anybody wants. */
  async run(): Promise<boolean> {
    try {
      const end = await this.#exchange.run();
      if (end === 'gone') {
        report('This cluster has ended or was deleted: everything is stopped.');
        this.#delivered?.leave();
        this.end(stoppedByUser(true));
        await this.#idle.promise;
      }
      return end === 'released' && this.#hasLeftNothing();
    } finally {
      this.#walltime.close();
      await (await this.#fileRequests?.catch(() => null))?.[Symbol.asyncDispose]();
    }
  }

  #hasLeftNothing(): boolean {
    return this.#endingSince === null && this.#delivered?.hasLostNothing !== false;
  }

  /** Stops every run and leaves when they have ended. */
  end(reason: StopReason): void {
    this.#endingSince ??= performance.now();
    this.#leaving = true;
    this.#pool.stopAll(reason);
  }

  #follow({ runs, stop, discard, stopRuns, requests, done }: Desired): void {
    const isHarder = stop !== null && stop !== this.#knownStop && this.#knownStop !== 'force';
    if (isHarder || (discard && !this.#knowsDiscard)) {
      this.#knownStop = stop;
      this.#knowsDiscard = discard;
      this.#pool.stopAll(discard ? shutDown() : stoppedByUser(stop === 'force'));
    }
    this.#pool.accept(runs.filter(({ runId }) => !this.#earlierRuns.has(runId)));
    for (const runId of stopRuns) {
      this.#pool.stopRun(runId, stoppedByUser(false));
    }
    this.#requests.answer(requests.filter((request) => request.kind === 'signal'));
    this.#answerOfFiles(requests.filter(isFileRequest));
    this.#leaving ||= done;
    this.#leaveWhenIdle();
  }

  /** What answers is loaded for the first who asks: few agents are asked, and all of them are to start quickly. */
  #answerOfFiles(requests: readonly FileRequest[]): void {
    if (requests.length === 0) {
      return;
    }
    this.#fileRequests ??= import('./asked/file-requests.ts').then(
      ({ FileRequests }) =>
        new FileRequests({
          clusterDirectory: this.#clusterDirectory,
          directoryOf: (runId) => this.#pool.directories.of(runId),
          hasEnded: (runId) => this.#pool.directories.hasEnded(runId),
          send: (requestId, answer) => this.#exchange.deliverAnswer(requestId, answer),
        }),
    );
    this.#fileRequests.then(
      (fileRequests) => fileRequests.answer(requests),
      // As when this program was replaced meanwhile: the runs go on, and whoever asks is told that nothing is answered.
      (error) => {
        report(`Questions about files cannot be answered: ${(error as Error).message}`);
        this.#fileRequests = null;
      },
    );
  }

  #leaveWhenIdle(): void {
    if (this.#leaving && !this.#saidGoodbye && this.#pool.isIdle) {
      this.#saidGoodbye = true;
      this.#ssh?.tellRest();
      this.#emit({ type: 'agent_stopped' });
      this.#exchange.leave();
      this.#idle.resolve();
    }
  }

  #givesUp(silentMs: number): boolean {
    const { isIdle, isExecuting } = this.#pool;
    if (this.#isAbandoned) {
      return isIdle;
    }
    if (this.#endingSince !== null) {
      return isIdle && performance.now() > this.#endingSince + LAST_WORDS_MS;
    }
    if (!isIdle && !isExecuting && silentMs > this.#undeliveredSeconds * 1000) {
      report(
        `${wordsOfLeaving(this.#undeliveredSeconds)} Runs that have not begun go to another agent then.`,
      );
      this.#isAbandoned = true;
      this.end(agentEnding());
      return false;
    }
    return isIdle && silentMs > ORPHAN_SECONDS * 1000;
  }

  #emit(event: NewEvent): void {
    this.#journal.append(event);
    this.#exchange.notify();
  }
}

/** Nobody's run fails since nobody can log in to it. */
async function openDoor(
  cluster: ClusterFile,
  { slots }: Slots,
): Promise<{ ssh: SshDoor | null; sshProblem: string | null }> {
  if (cluster.ssh === undefined) {
    return { ssh: null, sshProblem: null };
  }
  try {
    const { SshDoor } = await import('./ssh/door.ts');
    return { ssh: await SshDoor.open({ cluster, settings: cluster.ssh, slots }), sshProblem: null };
  } catch (error) {
    report(`Nobody can log in by SSH: ${(error as Error).message}`);
    return { ssh: null, sshProblem: (error as Error).message };
  }
}

/**
 * Runs that an earlier agent of this cluster left unfinished died with it, and end with what it had left of them. Answers the ends that
 * wait for their outputs to be at the server, also those that a full disk has not taken.
 */
async function endEarlierRuns(
  earlier: AgentEvent[],
  { cluster, journal, hasher }: { cluster: ClusterFile; journal: Journal; hasher: Hasher },
): Promise<PendingEnd[]> {
  const pending =
    cluster.sharesFiles === false
      ? new (await import('./delivery/pending-ends.ts')).PendingEnds(cluster.directory)
      : null;
  const undelivered = pending?.takeLeft(idsOf(earlier, 'run_finished')) ?? [];
  const ended = new Set(undelivered.map(({ event }) => event.runId));
  const left = findLeftRuns(earlier).filter(({ runId }) => !ended.has(runId));
  if (left.length > 0) {
    const { salvageRuns } = await import('./runs/salvage.ts');
    await salvageRuns(left, {
      cluster,
      hasher,
      finish: (event, directory) => {
        if (pending === null) {
          journal.append(event);
        } else {
          pending.write({ event, directory });
          undelivered.push({ event, directory });
        }
      },
      again: new Set<string>(),
      againWhenTold: false,
      signal: new AbortController().signal,
    });
  }
  return undelivered;
}
