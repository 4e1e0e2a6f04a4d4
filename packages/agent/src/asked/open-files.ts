import type { FileHandle } from 'node:fs/promises';
import { ASKED_FILE_IDLE_MS, ASKED_FILES_OPEN } from '../limits.ts';

export interface OpenFile {
  handle: FileHandle;
  /** Where it is, links followed, as commands know it. */
  path: string;
}

interface Kept extends OpenFile {
  users: number;
  usedAt: number;
  isDropped: boolean;
}

/**
 * Files that somebody outside looks at again and again stay open for a while: then one that was renamed or removed can be read to
 * its end. Nobody need close one, so nothing is left by a server that dies.
 */
export class OpenFiles implements AsyncDisposable {
  readonly #kept = new Map<string, Kept>();
  #timer: NodeJS.Timeout | undefined;

  /** Uses a file; undefined when it is not open. */
  async use<Result>(key: string, use: (file: OpenFile) => Promise<Result>): Promise<Result | undefined> {
    const kept = this.#kept.get(key);
    if (kept === undefined) {
      return undefined;
    }
    // The one used last is the last to go.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.users += 1;
    try {
      return await use(kept);
    } finally {
      kept.users -= 1;
      kept.usedAt = performance.now();
      await closeUnused(kept);
    }
  }

  /** Keeps an open file, and closes it in due time; of two under the same key the newer one is closed at once. */
  async keep(key: string, file: OpenFile): Promise<void> {
    if (this.#kept.has(key)) {
      await file.handle.close();
      return;
    }
    this.#kept.set(key, { ...file, users: 0, usedAt: performance.now(), isDropped: false });
    this.#timer ??= setInterval(() => this.#dropIdle(), ASKED_FILE_IDLE_MS / 2).unref();
    if (this.#kept.size > ASKED_FILES_OPEN) {
      await this.#drop(this.#kept.keys().next().value!);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((key) => this.#drop(key)));
  }

  #dropIdle(): void {
    const usedBefore = performance.now() - ASKED_FILE_IDLE_MS;
    for (const [key, { users, usedAt }] of this.#kept) {
      if (users === 0 && usedAt < usedBefore) {
        void this.#drop(key);
      }
    }
  }

  async #drop(key: string): Promise<void> {
    const kept = this.#kept.get(key)!;
    this.#kept.delete(key);
    kept.isDropped = true;
    if (this.#kept.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    await closeUnused(kept);
  }
}

/** Whoever still reads one that was dropped closes it. */
async function closeUnused({ handle, users, isDropped }: Kept): Promise<void> {
  if (isDropped && users === 0) {
    // Whatever was wrong with it, it was only read.
    await handle.close().catch(() => undefined);
  }
}
