import { type StopReason, walltimeExceeded } from './stop-switch.ts';
import { startTimer } from './timer.ts';

/**
 * The walltime of the job, which all its runs share: it counts from the first run that starts, also when an
 * earlier agent of the cluster has started it.
 */
export class JobWalltime {
  /** Milliseconds since 1970. */
  #startedAt: number | null;
  readonly #onEnd: (reason: StopReason) => void;
  #isArmed = false;

  constructor(startedAt: number | null, onEnd: (reason: StopReason) => void) {
    this.#startedAt = startedAt;
    this.#onEnd = onEnd;
  }

  /** A run has come: the time goes on if it has begun before. */
  assigned(walltimeSeconds: number): void {
    if (this.#startedAt !== null) {
      this.#arm(this.#startedAt, walltimeSeconds);
    }
  }

  /** A run starts: the first one starts the time. */
  started(walltimeSeconds: number): void {
    this.#startedAt ??= Date.now();
    this.#arm(this.#startedAt, walltimeSeconds);
  }

  #arm(startedAt: number, walltimeSeconds: number): void {
    if (this.#isArmed) {
      return;
    }
    this.#isArmed = true;
    const end = () => this.#onEnd(walltimeExceeded(walltimeSeconds));
    const leftMs = startedAt + walltimeSeconds * 1000 - Date.now();
    if (leftMs <= 0) {
      end();
    } else {
      startTimer(leftMs, end);
    }
  }
}
