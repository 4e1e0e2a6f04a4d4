import type { RunAssignment } from '@quarry/contract';
import type { PendingEnd } from '../delivery/pending-ends.ts';
import { UNDELIVERED_RUNS, WAITING_RUNS, WAITING_RUNS_LEAST } from '../limits.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import { executeRun, type RunEnd } from './execute.ts';
import type { RunHost } from './execution.ts';
import { RunDirectories } from './run-directories.ts';
import { type StopReason, StopSwitch } from './stop-switch.ts';

const NOTHING = {
  ...{ outputs: [], skipped: [], skippedCount: 0, variables: [], usage: null },
  holdsOutputs: false,
};

interface PoolRun {
  assignment: RunAssignment;
  stop: StopSwitch;
}

/** A run that has ended, and whose outputs are on their way to the server. */
type DeliveredRun = Pick<PoolRun, 'stop'>;

/**
 * Executes runs, the commands of as many at a time as the cluster has slots; each ends with exactly one
 * `run_finished`, unless the agent ends before it. A slot is free for the next run while the outputs of the one before are hashed and flushed, which
 * mostly waits for the disk; as many runs as there are slots may be at that.
 */
export class RunPool {
  readonly directories = new RunDirectories();
  readonly #host: RunHost;
  readonly #onIdle: () => void;
  #waiting: PoolRun[] = [];
  readonly #active = new Map<string, PoolRun>();
  readonly #delivering = new Map<string, DeliveredRun>();
  readonly #freeSlots: CommandSlot[];
  /** Once the cluster is to stop, so is every run that still comes. */
  #stopAll: StopReason | null = null;

  constructor(host: RunHost, onIdle: () => void) {
    this.#host = host;
    this.#onIdle = onIdle;
    this.#freeSlots = host.slots.toReversed();
  }

  get isIdle(): boolean {
    return this.#active.size === 0 && this.#waiting.length === 0 && this.#delivering.size === 0;
  }

  /** Whether runs are being executed, whatever waits. */
  get isExecuting(): boolean {
    return this.#active.size > 0;
  }

  /** Whether runs are waiting for a slot. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many further runs may come now. */
  get room(): number {
    return this.#waiting.length >= WAITING_RUNS_LEAST
      ? 0
      : this.#host.cluster.slots + WAITING_RUNS - this.#active.size - this.#waiting.length;
  }

  accept(assignments: RunAssignment[]): void {
    for (const assignment of assignments) {
      this.#host.walltime.assigned(assignment.walltimeSeconds);
      this.directories.add(assignment.runId, assignment.directory);
      const run = { assignment, stop: new StopSwitch() };
      if (this.#stopAll !== null) {
        run.stop.request(this.#stopAll);
      }
      this.#waiting.push(run);
    }
    this.#fillSlots();
  }

  /** Sees to the delivery of ends that an earlier agent has left. */
  deliverLeft(
    left: readonly PendingEnd[],
    deliver: (end: PendingEnd, stop: StopSwitch) => Promise<void>,
  ): void {
    for (const end of left) {
      const { runId } = end.event;
      const stop = new StopSwitch();
      this.directories.add(runId, end.directory);
      this.directories.ended(runId);
      this.#deliver(runId, { stop }, deliver(end, stop));
    }
  }

  stopAll(reason: StopReason): void {
    if (this.#stopAll === null || reason.force) {
      this.#stopAll = reason;
    }
    for (const { stop } of [...this.#active.values(), ...this.#waiting, ...this.#delivering.values()]) {
      stop.request(reason);
    }
    this.#fillSlots();
  }

  stopRun(runId: string, reason: StopReason): void {
    const run =
      this.#active.get(runId) ??
      this.#delivering.get(runId) ??
      this.#waiting.find(({ assignment }) => assignment.runId === runId);
    run?.stop.request(reason);
    this.#fillSlots();
  }

  #fillSlots(): void {
    // Runs that were stopped while they waited need no slot.
    const stopped = this.#waiting.filter(({ stop }) => stop.reason !== null);
    if (stopped.length > 0) {
      this.#waiting = this.#waiting.filter(({ stop }) => stop.reason === null);
      for (const { assignment, stop } of stopped) {
        const { outcome, failure, leavesRun } = stop.reason!;
        if (!leavesRun) {
          // One that was to be resumed still can be.
          const unfinished = assignment.resume === true;
          this.#finish({ assignment, stop }, { outcome, failure, exitCode: null, ...NOTHING, unfinished });
        }
      }
    }
    const { slots } = this.#host.cluster;
    const hasRoom = () => this.#active.size < 2 * slots && this.#delivering.size < UNDELIVERED_RUNS;
    while (this.#freeSlots.length > 0 && hasRoom() && this.#waiting.length > 0) {
      void this.#execute(this.#waiting.shift()!, this.#freeSlots.pop()!);
    }
    if (this.isIdle) {
      this.#onIdle();
    }
  }

  async #execute(run: PoolRun, slot: CommandSlot): Promise<void> {
    const { runId } = run.assignment;
    this.#active.set(runId, run);
    let holdsSlot = true;
    const giveSlotBack = () => {
      if (holdsSlot) {
        this.#freeSlots.push(slot);
      }
      holdsSlot = false;
    };
    const end = await executeRun(run.assignment, this.#host, slot, run.stop, () => {
      giveSlotBack();
      this.#fillSlots();
    });
    giveSlotBack();
    this.#active.delete(runId);
    if (end !== null) {
      this.#finish(run, end);
    }
    this.#fillSlots();
  }

  #finish({ assignment: { runId, directory }, stop }: PoolRun, end: RunEnd): void {
    this.directories.ended(runId);
    const event = { type: 'run_finished' as const, runId, ...end, directoryBytes: null };
    const delivered = this.#host.ends.finish({ event, directory }, stop);
    if (delivered !== null) {
      this.#deliver(runId, { stop }, delivered);
    }
  }

  #deliver(runId: string, run: DeliveredRun, delivered: Promise<void>): void {
    this.#delivering.set(runId, run);
    void delivered.then(() => {
      this.#delivering.delete(runId);
      this.#fillSlots();
    });
  }
}
