import { rmdirSync, unlinkSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { TreeCursor } from './cursor.ts';
import { entryAt, hasCode, listEntries, lookAt, reasonOf } from './door.ts';
import { Pace } from './pace.ts';
import { type RawName, rawOf, textOf } from './raw-name.ts';

/** Names that are taken from a directory before they are removed, since one may have millions. */
const NAMES_AT_ONCE = 10_000;
/** How often a directory is emptied into which somebody still puts something; whoever goes on is not waited for. */
const MOST_ROUNDS = 3;
/** A file system takes long to free a file that takes up more than this. */
const LARGE_BYTES = 64n * 1024n * 1024n;
const BLOCK_BYTES = 512n;
/** Of a path in words: its end tells more. */
const QUOTED_CHARACTERS = 200;

export interface Removal {
  /** What could not be removed, and why, in words; null when all is gone. */
  left: string | null;
}

/**
 * Removes a file or a directory with all in it, whatever a job made of it: names that are no text, paths that are too
 * long to be named, directories without permissions, trees of any depth; no link is followed, and no other file system
 * entered. Never rejects: what cannot be removed is told, and all else is gone. Others get their turn all the while.
 * What is gone already is fine; when the signal comes, the rest stays. The path up to the last name is one that no
 * job can change.
 */
export async function removeTree(path: string, signal?: AbortSignal): Promise<Removal> {
  const removing = new TreeRemoval(signal);
  try {
    await removing.remove(path);
  } catch (error) {
    removing.note('', signal?.aborted ? 'the removal was broken off' : reasonOf(error));
  }
  return { left: removing.left };
}

/** A directory that is being emptied. */
interface Emptied {
  name: RawName;
  /** Taken from it, and not removed yet; those of directories with a slash. */
  names: RawName[];
  /** Whether these are all that it had. */
  isAll: boolean;
  rounds: number;
  /** Whether something in it stays for good. */
  isKept: boolean;
}

class TreeRemoval {
  readonly #signal: AbortSignal | undefined;
  readonly #pace: Pace;
  readonly #way: Emptied[] = [];
  #leftEntries = 0;
  #first = '';

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#pace = new Pace(signal);
  }

  get left(): string | null {
    const others = this.#leftEntries > 1 ? `, and ${this.#leftEntries - 1} more` : '';
    return this.#leftEntries === 0 ? null : `${this.#first}${others}`;
  }

  note(path: string, reason: string): void {
    this.#leftEntries += 1;
    this.#first ||= path === '' ? reason : `${path.slice(-QUOTED_CHARACTERS)}: ${reason}`;
  }

  async remove(path: string): Promise<void> {
    using cursor = open(dirname(path));
    if (cursor === null) {
      return;
    }
    await this.#removeEntry(cursor, rawOf(basename(path)));
    while (this.#way.length > 0) {
      const directory = this.#way.at(-1)!;
      const name = directory.names.pop();
      if (name !== undefined) {
        await this.#removeEntry(cursor, name);
      } else if (directory.isAll) {
        this.#leave(cursor);
      } else {
        this.#fill(cursor, directory);
      }
      if (this.#pace.isDue) {
        await this.#pace.rest();
      }
    }
  }

  /** Removes an entry, or enters it as the next directory to be emptied. */
  async #removeEntry(cursor: TreeCursor, entry: RawName): Promise<void> {
    const isListedAsDirectory = entry.endsWith('/');
    const name = (isListedAsDirectory ? entry.slice(0, -1) : entry) as RawName;
    try {
      // What is mounted there may never answer a look.
      const stats = isListedAsDirectory ? null : lookAt(cursor.fd, name);
      if (stats === undefined) {
        return;
      }
      if (stats === null || stats.isDirectory()) {
        cursor.enter(name);
        this.#way.push({ name, names: [], isAll: false, rounds: 0, isKept: false });
      } else if (stats.isFile() && stats.nlink === 1n && stats.blocks * BLOCK_BYTES > LARGE_BYTES) {
        await unlink(entryAt(cursor.fd, name));
      } else {
        unlinkSync(entryAt(cursor.fd, name));
      }
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) {
        this.#keep(name, error);
      }
    }
  }

  /** Takes the next names from a directory; those that stay for good would come again and again. */
  #fill(cursor: TreeCursor, directory: Emptied): void {
    try {
      for (const { name, isDirectory } of listEntries(cursor.fd)) {
        directory.names.push(isDirectory ? (`${name}/` as RawName) : name);
        if (directory.names.length >= NAMES_AT_ONCE) {
          directory.isAll = directory.isKept;
          return;
        }
      }
    } catch (error) {
      this.#keep(null, error);
    }
    directory.isAll = true;
  }

  /** Goes back to the directory above and removes the one that was emptied. */
  #leave(cursor: TreeCursor): void {
    const directory = this.#way.pop()!;
    try {
      cursor.leave();
    } catch (error) {
      this.#way.length = cursor.depth;
      this.#keep(directory.name, error);
      return;
    }
    if (directory.isKept) {
      this.#markKept();
      return;
    }
    try {
      rmdirSync(entryAt(cursor.fd, directory.name));
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST') && directory.rounds + 1 < MOST_ROUNDS) {
        this.#emptyAgain(cursor, directory);
      } else if (!hasCode(error, 'ENOENT')) {
        this.#keep(directory.name, error);
      }
    }
  }

  #emptyAgain(cursor: TreeCursor, { name, rounds }: Emptied): void {
    try {
      cursor.enter(name);
      this.#way.push({ name, names: [], isAll: false, rounds: rounds + 1, isKept: false });
    } catch (error) {
      this.#keep(name, error);
    }
  }

  /** Notes what stays, in the directory that is being emptied, or that directory itself. */
  #keep(name: RawName | null, error: unknown): void {
    this.#signal?.throwIfAborted();
    const names = [...this.#way.map((directory) => directory.name), ...(name === null ? [] : [name])];
    // The end of the path is all that is quoted.
    this.note(names.slice(-QUOTED_CHARACTERS).map(textOf).join('/'), reasonOf(error));
    this.#markKept();
  }

  #markKept(): void {
    const directory = this.#way.at(-1);
    if (directory !== undefined) {
      directory.isKept = true;
    }
  }
}

function open(path: string): TreeCursor | null {
  try {
    return new TreeCursor(path, { access: 0o700 });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}
