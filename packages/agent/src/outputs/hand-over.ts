/**
 * Opens what is an output and hashes it, each file once however many outputs it is. What cannot be handed over as it
 * lies, because it has other names or none that is text, is copied or moved into a directory that no command reaches.
 */
import { type BigIntStats, closeSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOutput } from '@quarry/contract';
import { type CopyOptions, copyInto } from '../files/copy-file.ts';
import type { TreeCursor } from '../files/cursor.ts';
import {
  entryAt,
  hasCode,
  isSameInode,
  lookAt,
  openAgain,
  openEntry,
  openTrusted,
  setMode,
  statOf,
} from '../files/door.ts';
import { type RawName, rawOf, textOf } from '../files/raw-name.ts';
import { INLINE_HASH_BYTES } from '../limits.ts';
import { isDiskFull } from '../runs/failure.ts';
import { type CopyRoom, NoRoomError } from './copy-room.ts';
import { HashMeter } from './hash-meter.ts';
import { CHANGED, type Digest, type Hasher } from './hasher.ts';

/** A file to hand over, with where it is by the names below the directory of its run. */
export interface Source {
  relativePath: string;
  directory: () => RawName[];
  name: RawName;
  /** Its real path; null when no text names it. */
  path: string | null;
  stats: BigIntStats;
  unchangedIfSha512?: string;
}

export interface HandOverOptions {
  /** In the directory of the run. */
  cursor: TreeCursor;
  /** The real path where copies are made; made itself when it is needed. */
  copiesDirectory: string;
  hasher: Hasher;
  /** Everything stays where and as it is: what is handed over are copies, which take this room. */
  room: CopyRoom | null;
  /** Called before a file is moved to a name among the copies, by its path below the directory of the run. */
  onMovedAside: (relativePath: string, name: string) => void;
}

interface HowToHash {
  inline: boolean;
  signal: AbortSignal;
}

/** A file that is ready to be taken over, and what it holds. */
interface Taken {
  path: string;
  digest: Digest;
}

const OWNER_READS = 0o400;
const ANY_EXECUTES = 0o111n;
/** Years that every reader of dates knows. */
const [FIRST_YEAR, LAST_YEAR] = [1000, 9999];

export class HandOver implements Disposable {
  readonly #options: HandOverOptions;
  readonly #meters = new Set<HashMeter>();
  /** By device and inode. */
  readonly #taken = new Map<string, Promise<Taken>>();
  #copies: number | null = null;
  #lastCopy = 0;

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  /** Bytes that have been hashed of files that are not done yet. */
  get bytesUnderWay(): number {
    return [...this.#meters].reduce((total, { bytes }) => total + bytes, 0);
  }

  /**
   * The output as it is told to the server; null when it is what staging had put there. Rejects with the signal's reason
   * when that comes, and as the system does.
   */
  async take(source: Source, how: HowToHash): Promise<RunOutput | null> {
    if (this.#options.room !== null && (await this.#isUnchanged(source, how))) {
      return null;
    }
    const key = `${source.stats.dev}:${source.stats.ino}`;
    const taken = this.#taken.get(key) ?? this.#takeFile(source, how);
    this.#taken.set(key, taken);
    try {
      return toOutput(source, await taken);
    } catch (error) {
      // By another name it may succeed.
      this.#taken.delete(key);
      throw error;
    }
  }

  /** Before a copy is made of it. */
  async #isUnchanged(source: Source, { inline, signal }: HowToHash): Promise<boolean> {
    const { unchangedIfSha512 } = source;
    if (unchangedIfSha512 === undefined) {
      return false;
    }
    const { sha512 } = await this.#hash(this.#open(source), inline, signal);
    return sha512 === unchangedIfSha512;
  }

  async #takeFile(source: Source, { inline, signal }: HowToHash): Promise<Taken> {
    const fd = this.#open(source);
    if (this.#options.room !== null || statOf(fd).nlink > 1n) {
      return this.#takeCopy(fd, signal);
    }
    const path = source.path ?? this.#moveAside(fd, source);
    try {
      return { path, digest: await this.#hash(fd, inline, signal) };
    } catch (error) {
      if (!hasCode(error, CHANGED) || source.path === null) {
        throw error;
      }
      // Somebody still writes to it: what it holds at one moment is kept.
      return this.#takeCopy(this.#open(source), signal);
    }
  }

  [Symbol.dispose](): void {
    if (this.#copies !== null) {
      closeSync(this.#copies);
    }
  }

  /** Opens the very file that was found for reading. Owners may read their files whatever the mode says. */
  #open({ directory, name, stats }: Source): number {
    const { cursor, room } = this.#options;
    cursor.moveTo(directory());
    const entry = openEntry(cursor.fd, name);
    try {
      if (!isSameInode(statOf(entry), stats)) {
        throw new Error('it was replaced while outputs were collected');
      }
      try {
        return openAgain(entry);
      } catch (error) {
        if (!hasCode(error, 'EACCES')) {
          throw error;
        }
      }
      const mode = Number(stats.mode & 0o7777n);
      setMode(entry, mode | OWNER_READS);
      try {
        return openAgain(entry);
      } finally {
        if (room !== null) {
          setMode(entry, mode);
        }
      }
    } finally {
      closeSync(entry);
    }
  }

  async #takeCopy(fd: number, signal: AbortSignal): Promise<Taken> {
    const name = this.#nextCopy();
    try {
      await copyInto(fd, this.#copies!, name, { signal, ...this.#roomForCopy() });
    } catch (error) {
      throw this.#options.room !== null && isDiskFull(error) ? new NoRoomError({ cause: error }) : error;
    } finally {
      closeSync(fd);
    }
    const entry = openEntry(this.#copies!, name);
    let copy: number;
    try {
      copy = openAgain(entry);
    } finally {
      closeSync(entry);
    }
    try {
      const digest = await this.#hash(copy, statOf(copy).size <= INLINE_HASH_BYTES, signal);
      return { path: join(this.#options.copiesDirectory, name), digest };
    } catch (error) {
      unlinkSync(entryAt(this.#copies!, name));
      throw error;
    }
  }

  #roomForCopy(): CopyOptions {
    const { room, copiesDirectory } = this.#options;
    return room === null ? {} : { takeRoom: (bytes) => room.take(copiesDirectory, bytes) };
  }

  /** Gives a file a name that can be told; answers the path. */
  #moveAside(fd: number, { directory, name }: Source): string {
    const { cursor, copiesDirectory, onMovedAside } = this.#options;
    try {
      const aside = this.#nextCopy();
      onMovedAside([...directory(), name].map(textOf).join('/'), aside);
      renameSync(entryAt(cursor.fd, name), entryAt(this.#copies!, aside));
      const moved = lookAt(this.#copies!, aside);
      if (moved === undefined || !isSameInode(moved, statOf(fd))) {
        throw new Error('it was replaced while outputs were collected');
      }
      return join(copiesDirectory, aside);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #nextCopy(): RawName {
    const { copiesDirectory } = this.#options;
    if (this.#copies === null) {
      mkdirSync(copiesDirectory, { recursive: true });
      this.#copies = openTrusted(copiesDirectory);
    }
    this.#lastCopy += 1;
    return rawOf(String(this.#lastCopy));
  }

  async #hash(fd: number, inline: boolean, signal: AbortSignal): Promise<Digest> {
    const meter = new HashMeter();
    this.#meters.add(meter);
    try {
      return await this.#options.hasher.hash(fd, { inline, signal, meter });
    } finally {
      this.#meters.delete(meter);
    }
  }
}

function toOutput(
  { relativePath, stats, unchangedIfSha512 }: Source,
  { path, digest: { sha512, sizeBytes, stamp } }: Taken,
): RunOutput | null {
  if (sha512 === unchangedIfSha512) {
    return null;
  }
  const year = stats.mtime.getUTCFullYear();
  return {
    relativePath,
    path,
    sizeBytes,
    sha512,
    stamp,
    executable: (stats.mode & ANY_EXECUTES) !== 0n,
    modifiedAt: year >= FIRST_YEAR && year <= LAST_YEAR ? stats.mtime.toISOString() : null,
  };
}
