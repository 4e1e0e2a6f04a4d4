import type { AgentEvent } from '@quarry/contract';
import { monotonicMs } from '../monotonic.ts';
import { type StopReason, walltimeExceeded } from './stop-switch.ts';
import { startTimer } from './timer.ts';

/**
 * The walltime of the job, which all its runs share: it counts from the first run that starts, also when an
 * earlier agent of the cluster has started it. It counts by the monotonic clock: whoever sets the wall clock ends no run,
 * nor does a host that sleeps.
 */
export class JobWalltime {
  /** By the monotonic clock. */
  #startedAtMs: number | null;
  readonly #onEnd: (reason: StopReason) => void;
  #isArmed = false;
  #timer: Disposable | null = null;

  /** `usedMs` is what earlier agents of this cluster have used of it; null when no run has started. */
  constructor(usedMs: number | null, onEnd: (reason: StopReason) => void) {
    this.#startedAtMs = usedMs === null ? null : monotonicMs() - usedMs;
    this.#onEnd = onEnd;
  }

  /** A run has come: the time goes on if it has begun before. */
  assigned(walltimeSeconds: number): void {
    if (this.#startedAtMs !== null) {
      this.#arm(this.#startedAtMs, walltimeSeconds);
    }
  }

  /** A run starts: the first one starts the time. */
  started(walltimeSeconds: number): void {
    this.#startedAtMs ??= monotonicMs();
    this.#arm(this.#startedAtMs, walltimeSeconds);
  }

  /** No run comes any more: a process that goes on for others is not held to it. */
  close(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #arm(startedAtMs: number, walltimeSeconds: number): void {
    if (this.#isArmed) {
      return;
    }
    this.#isArmed = true;
    const end = () => this.#onEnd(walltimeExceeded(walltimeSeconds));
    const leftMs = startedAtMs + walltimeSeconds * 1000 - monotonicMs();
    if (leftMs <= 0) {
      end();
    } else {
      this.#timer = startTimer(leftMs, end);
    }
  }
}

/**
 * How much of the walltime earlier agents of this cluster have used, by what they wrote down; null when no run of theirs
 * started. After another boot of the host it is what they were seen to use at least; agents of before wrote no such times.
 */
export function usedBefore(
  earlier: readonly AgentEvent[],
  bootId: string | null,
  nowMs = monotonicMs(),
): number | null {
  let boot: string | null = null;
  let start: { boot: string | null; atMs: number } | null = null;
  let usedMs: number | null = null;
  for (const event of earlier) {
    if (event.type === 'agent_started') {
      boot = event.bootId ?? null;
    }
    if (event.type === 'run_started' && usedMs === null) {
      usedMs = 0;
      start = event.monotonicMs === undefined ? null : { boot, atMs: event.monotonicMs };
    }
    if (start !== null && boot === start.boot && event.monotonicMs !== undefined) {
      usedMs = Math.max(0, event.monotonicMs - start.atMs);
    }
  }
  const isSameBoot = start !== null && start.boot !== null && start.boot === bootId;
  return isSameBoot ? Math.max(0, nowMs - start!.atMs) : usedMs;
}
