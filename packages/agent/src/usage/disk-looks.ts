import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DISK_LOOK_SHARE } from '../limits.ts';
import { directorySize } from '../outputs/directory-size.ts';

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
  #isLooking = false;

  /** Has a directory looked at, in its turn; one that waits already is not looked at twice. */
  ask(directory: WatchedDirectory): void {
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
      await look(directory);
      // What waits here ends with the agent.
      await sleep((performance.now() - begunAt) * DISK_LOOK_SHARE, undefined, { ref: false });
    }
    this.#isLooking = false;
  }
}

async function look({ open, signal, found }: WatchedDirectory): Promise<void> {
  try {
    signal.throwIfAborted();
    const fd = open();
    try {
      const bytes = await directorySize(`/proc/self/fd/${fd}/.`, signal);
      found(bytes);
    } finally {
      closeSync(fd);
    }
  } catch {
    // It ended meanwhile, or the run has put something else in its place: its size stays unknown.
  }
}
