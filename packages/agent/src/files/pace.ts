import { setImmediate as letOthersRun } from 'node:timers/promises';

const SLICE_MS = 2;

/** Cuts long work into slices, after each of which others get a turn; a signal ends it there. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #endsAt = performance.now() + SLICE_MS;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time to rest. */
  get isDue(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Lets others run; rejects with the signal's reason once it was aborted. */
  async rest(): Promise<void> {
    await letOthersRun();
    this.#signal?.throwIfAborted();
    this.#endsAt = performance.now() + SLICE_MS;
  }
}
