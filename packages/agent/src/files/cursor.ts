import { type BigIntStats, closeSync } from 'node:fs';
import { isSameInode, mountOf, openDirectory, openTrusted, reasonOf, setMode, statOf } from './door.ts';
import type { RawName } from './raw-name.ts';

/** Levels below the root whose directories stay open; those of deeper ones are found again by `..`. */
const KEPT_OPEN = 32;
/** How often the way to a place is walked again from the root, because directories were moved meanwhile. */
const MOST_RETURNS = 100;

/** A step that was refused: directories were moved while we were inside, or another file system begins there. */
export class StepRefused extends Error {}

export interface CursorOptions {
  /** Bits of the mode that the owner is given where they are missing: 0o500 to look, 0o700 also to take away; 0 changes nothing. */
  access: 0 | 0o500 | 0o700;
  /** Gives each directory the mode back that it had, on leaving it. */
  restoresModes?: boolean;
}

interface Level {
  name: RawName;
  /** Null when it was closed because of the levels below it. */
  fd: number | null;
  stats: BigIntStats;
  /** The mode to give back. */
  mode: number | null;
}

/**
 * Moves through a tree of directories that somebody else may be changing, one step at a time, and has the one open
 * that it is in. Trees of any depth take a few descriptors, and going through all of one is linear.
 */
export class TreeCursor implements Disposable {
  readonly #levels: Level[] = [];
  readonly #options: CursorOptions;
  readonly #mount: string;
  #returns = 0;

  /** The root is opened by a path that no job can change. */
  constructor(root: string, options: CursorOptions) {
    this.#options = options;
    const fd = openTrusted(root);
    this.#levels.push({ name: '' as RawName, fd, stats: statOf(fd), mode: null });
    this.#mount = mountOf(fd);
  }

  /** The directory that it is in, opened to look at and to name entries in. */
  get fd(): number {
    return this.#current.fd!;
  }

  /** Levels below the root. */
  get depth(): number {
    return this.#levels.length - 1;
  }

  get #current(): Level {
    return this.#levels.at(-1)!;
  }

  /** Enters a directory of the current one; throws as the system does, or StepRefused where another file system begins. */
  enter(name: RawName): void {
    const fd = openDirectory(this.fd, name);
    try {
      if (mountOf(fd) !== this.#mount) {
        throw new StepRefused('another file system is mounted there');
      }
      const stats = statOf(fd);
      const mode = this.#allow(fd, Number(stats.mode & 0o7777n));
      const above = this.#current;
      if (this.depth >= KEPT_OPEN) {
        closeSync(above.fd!);
        above.fd = null;
      }
      this.#levels.push({ name, fd, stats, mode });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Goes back to the directory above. Throws StepRefused when neither `..` nor the way from the root leads there, and is
   * then in the nearest one above it that is open still.
   */
  leave(): void {
    const left = this.#levels.pop()!;
    try {
      this.#current.fd ??= this.#goUp(left.fd!, this.#current);
    } catch (error) {
      while (this.#current.fd === null) {
        this.#levels.pop();
      }
      throw error instanceof StepRefused ? error : new StepRefused(reasonOf(error), { cause: error });
    } finally {
      giveBack(left);
      closeSync(left.fd!);
    }
  }

  /** Goes to a directory by its names from the root on; throws as `enter` and `leave`, and is then on the way there. */
  moveTo(names: readonly RawName[]): void {
    let shared = 0;
    while (shared < this.depth && shared < names.length && this.#levels[shared + 1]!.name === names[shared]) {
      shared += 1;
    }
    while (this.depth > shared) {
      this.leave();
    }
    for (const name of names.slice(shared)) {
      this.enter(name);
    }
  }

  [Symbol.dispose](): void {
    if (this.#options.restoresModes === true) {
      try {
        this.moveTo([]);
      } catch {
        // Moved away: the mode is no longer ours to give back.
      }
    }
    for (const { fd } of this.#levels) {
      if (fd !== null) {
        closeSync(fd);
      }
    }
    this.#levels.length = 0;
  }

  /** The mode to give back, null when nothing was changed or need not be changed back. */
  #allow(fd: number, mode: number): number | null {
    const { access, restoresModes } = this.#options;
    if ((mode & access) === access) {
      return null;
    }
    try {
      setMode(fd, mode | access);
      return restoresModes === true ? mode : null;
    } catch {
      // Not ours: what needs the right says so.
      return null;
    }
  }

  #goUp(from: number, above: Level): number {
    const fd = openDirectory(from, '..' as RawName);
    if (isSameInode(statOf(fd), above.stats)) {
      return fd;
    }
    closeSync(fd);
    return this.#return();
  }

  /** By the names from the last level on that is still open, where each must be the directory that it was. */
  #return(): number {
    this.#returns += 1;
    if (this.#returns > MOST_RETURNS) {
      throw new StepRefused('directories were moved again and again meanwhile');
    }
    const open = this.#levels.findLastIndex(({ fd }) => fd !== null);
    let fd = this.#levels[open]!.fd!;
    for (const { name, stats } of this.#levels.slice(open + 1)) {
      let next: number;
      try {
        next = openDirectory(fd, name);
      } finally {
        if (fd !== this.#levels[open]!.fd) {
          closeSync(fd);
        }
      }
      fd = next;
      if (!isSameInode(statOf(fd), stats)) {
        closeSync(fd);
        throw new StepRefused('a directory above it was moved meanwhile');
      }
    }
    return fd;
  }
}

function giveBack({ fd, mode }: Level): void {
  if (mode === null) {
    return;
  }
  try {
    setMode(fd!, mode);
  } catch {
    // It is no longer ours.
  }
}
