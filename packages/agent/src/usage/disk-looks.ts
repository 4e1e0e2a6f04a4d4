import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { directorySize } from '../files/directory-size.ts';
import { DISK_LOOK_MS, DISK_LOOK_SHARE } from '../limits.ts';

/** A directory whose size is wanted for as long as its run goes on. */
export interface WatchedDirectory {
  /** Opens it; the caller closes. Throws where something else was put in its place. */
  open: () => number;
  /** Fires when the size is not wanted any more. */
  signal: AbortSignal;
  found: (bytes: number) => void;
}

/**
 * Looks at the sizes of directories, one after another in turn. A directory of a million files takes seconds to walk through, so
 * this rests after each in proportion to what it took: of all sizes together it uses no more than a small share of a processor.
 */
export class DiskLooks {
  readonly #waiting = new Set<WatchedDirectory>();
  /** Those that took too long, such as one in which a run makes directories faster than they are looked at. */
  readonly #givenUp = new WeakSet<WatchedDirectory>();
  #isLooking = false;

  /** Has a directory looked at, in its turn; one that waits already is not looked at twice. */
  ask(directory: WatchedDirectory): void {
    if (this.#givenUp.has(directory)) {
      return;
    }
    this.#waiting.add(directory);
    if (!this.#isLooking) {
      this.#isLooking = true;
      void this.#lookAtAll();
    }
  }

  async #lookAtAll(): Promise<void> {
    for (const directory of this.#waiting) {
      this.#waiting.delete(directory);
      const begunAt = performance.now();
      const tooLong = AbortSignal.timeout(DISK_LOOK_MS);
      await look(directory, tooLong);
      if (tooLong.aborted) {
        this.#givenUp.add(directory);
      }
      // What waits here ends with the agent.
      await sleep((performance.now() - begunAt) * DISK_LOOK_SHARE, undefined, { ref: false });
    }
    this.#isLooking = false;
  }
}

async function look({ open, signal, found }: WatchedDirectory, tooLong: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    const fd = open();
    try {
      found(await directorySize(`/proc/self/fd/${fd}/.`, { signal: AbortSignal.any([signal, tooLong]) }));
    } finally {
      closeSync(fd);
    }
  } catch {
    // It ended meanwhile, or the run has put something else in its place: its size stays unknown.
  }
}
