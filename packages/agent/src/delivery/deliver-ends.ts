/** How a server on another disk comes by the outputs of a run, and learns of its end. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClusterFile, Failure, RunOutput } from '@quarry/contract';
import type { Journal, NewEvent } from '../exchange/journal.ts';
import { hasCode } from '../files/door.ts';
import { removeTree } from '../files/remove-tree.ts';
import { PARALLEL_DELIVERIES } from '../limits.ts';
import { endCollection } from '../outputs/end-collection.ts';
import { Skipped } from '../outputs/skipped.ts';
import { report } from '../report.ts';
import { withCut, withLost } from '../runs/failure.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import { LOG_NAME } from '../runs/work-names.ts';
import { Turns } from '../turns.ts';
import { Batches } from './batches.ts';
import { bringOutputs, type Means, type Unbrought } from './bring-outputs.ts';
import { type PendingEnd, PendingEnds } from './pending-ends.ts';
import { DeliveryServer } from './server.ts';
import type { RunEnds } from './tell-ends.ts';
import { wordsOfLeaving } from './words-of-leaving.ts';

type RunFinished = PendingEnd['event'];

/** The outputs are brought to the server before it is told of the end. */
export class DeliveredEnds implements RunEnds {
  readonly #journal: Pick<Journal, 'flush'>;
  readonly #emit: (event: NewEvent) => void;
  readonly #pending: PendingEnds;
  readonly #means: Means;
  readonly #graceMs: number;
  readonly #leaving = new AbortController();
  /** What is there when something lies in this directory alone. */
  readonly #lossPath: string;
  #hasLost = false;

  constructor(options: {
    cluster: ClusterFile;
    journal: Pick<Journal, 'flush'>;
    emit: (event: NewEvent) => void;
    /** After so long without an answer nothing is brought any more; absent: for as long as the agent is there. */
    silentSeconds?: number;
  }) {
    const { cluster, journal, emit, silentSeconds } = options;
    this.#journal = journal;
    this.#emit = emit;
    this.#pending = new PendingEnds(cluster.directory);
    this.#lossPath = join(cluster.directory, 'undelivered');
    this.#graceMs = cluster.limits.stopGraceSeconds * 1000;
    const server = new DeliveryServer(cluster);
    const turns = new Turns(PARALLEL_DELIVERIES);
    const batches = new Batches((files) => server.bringMany(files, this.#leaving.signal), turns);
    const silence =
      silentSeconds === undefined
        ? null
        : { mostMs: silentSeconds * 1000, giveUp: () => this.#giveUp(silentSeconds) };
    this.#means = { server, batches, turns, silence, directory: cluster.directory };
  }

  /** Whether all that was to be kept is at the server, of what earlier agents of the cluster had, too. */
  get hasLostNothing(): boolean {
    return !this.#hasLost && !existsSync(this.#lossPath);
  }

  /** Ends that an earlier agent could not deliver; `finished` are ids of runs whose end the journal has. */
  takeLeft(finished: ReadonlySet<string>): PendingEnd[] {
    return this.#pending.takeLeft(finished);
  }

  /** Nothing is brought any more; what is noted stays. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Whether nothing is brought any more. */
  get hasLeft(): boolean {
    return this.#leaving.signal.aborted;
  }

  #giveUp(silentSeconds: number): void {
    if (!this.hasLeft) {
      report(wordsOfLeaving(silentSeconds));
      this.leave();
    }
  }

  /** Writes down an end that is to be delivered later. */
  note(end: PendingEnd): void {
    this.#pending.write(end);
  }

  async finish(end: PendingEnd, stop: StopSwitch): Promise<void> {
    this.#pending.write(end);
    await this.#deliverNoted(end, stop, { asks: false });
  }

  /** Delivers what an earlier agent has noted; of its outputs the server may have all. */
  finishLeft(end: PendingEnd, stop: StopSwitch): Promise<void> {
    return this.#deliverNoted(end, stop, { asks: true });
  }

  async #deliverNoted(
    { event, directory }: PendingEnd,
    stop: StopSwitch,
    how: { asks: boolean },
  ): Promise<void> {
    const unsubscribe = stop.onRequest(({ leavesRun }) => {
      if (leavesRun) {
        this.#leaving.abort();
      }
    });
    let told: RunFinished;
    let isLost: boolean;
    try {
      ({ told, isLost } = await this.#deliver(event, stop, how));
    } catch (error) {
      // What is noted of it is delivered by whoever comes next.
      if (!this.#leaving.signal.aborted) {
        throw error;
      }
      return;
    } finally {
      unsubscribe();
    }
    if (isLost) {
      this.#noteLoss();
    }
    this.#emit(told);
    // In the same turn: once the server knows of the end, another attempt may come that begins in this directory.
    const aside =
      isLost || told.failure?.code === 'output_lost' ? null : this.#putAside(event.runId, directory);
    await this.#journal.flush();
    this.#pending.remove(event.runId);
    if (aside !== null) {
      // Nobody waits for it: what is left when the agent leaves goes with all the rest.
      void removeTree(aside);
    }
  }

  async #deliver(
    event: RunFinished,
    stop: StopSwitch,
    how: { asks: boolean },
  ): Promise<{ told: RunFinished; isLost: boolean }> {
    using end = endCollection(stop, this.#graceMs);
    const never = new AbortController().signal;
    // The log says what happened, and has a limit of its own.
    const signalOf = ({ relativePath }: RunOutput) => (relativePath === LOG_NAME ? never : end.signal);
    const signals = { signalOf, stopped: end.signal, leaving: this.#leaving.signal };
    const unbrought = await bringOutputs(event.outputs, this.#means, signals, how);
    const told = unbrought.length === 0 ? event : withoutUnbrought(event, unbrought);
    const isLost = unbrought.some(({ isCut }) => !isCut);
    return { told: { ...told, holdsOutputs: event.holdsOutputs || isLost }, isLost };
  }

  /** Whoever comes after this agent must not remove what is nowhere else. */
  #noteLoss(): void {
    this.#hasLost = true;
    try {
      writeFileSync(this.#lossPath, '', { mode: 0o600 });
    } catch (error) {
      report(`That an output was not delivered cannot be noted: ${(error as Error).message}`);
    }
  }

  /** The directory of a run whose outputs are at the server, out of the way; null when there is none. */
  #putAside(runId: string, directory: string): string | null {
    const aside = join(this.#means.directory, 'ended', encodeURIComponent(runId));
    try {
      mkdirSync(dirname(aside), { recursive: true });
      renameSync(directory, aside);
      return aside;
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) {
        report(`The directory of run ${runId} stays: ${(error as Error).message}`);
      }
      return null;
    }
  }
}

function withoutUnbrought(event: RunFinished, unbrought: readonly Unbrought[]): RunFinished {
  const left = new Set(unbrought.map(({ output }) => output));
  const skipped = new Skipped();
  for (const { output, reason } of unbrought) {
    skipped.add(output.relativePath, reason);
  }
  const isCut = unbrought.some((each) => each.isCut);
  const lost = unbrought.find((each) => !each.isCut);
  return {
    ...withLost(withCut(event, isCut, 'delivered'), lost === undefined ? null : notDelivered(lost)),
    outputs: event.outputs.filter((output) => !left.has(output)),
    skipped: [...event.skipped, ...skipped.entries],
    skippedCount: (event.skippedCount ?? event.skipped.length) + skipped.count,
  };
}

function notDelivered({ output, reason }: Unbrought): Failure {
  return {
    code: 'output_lost',
    message: `The output ${output.relativePath} of the run could not be delivered: ${reason}.`,
    hint: "It is kept in the cluster's directory on its host. Whoever runs the platform can save it from there; else run the job again.",
  };
}
