/**
 * The file that a download grows in, hidden beside its target until it is whole:
 *
 * - `.<name>.quarry-partial`: the bytes, in their places;
 * - `.<name>.quarry-journal`: which of them are there, see `journal.ts`;
 * - `.<name>.quarry-lock`: held while a transfer runs, see `target-lock.ts`.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileExistsError } from '../../errors.ts';
import { locally } from '../local-file-error.ts';
import { Journal, readJournal, type Wanted } from './journal.ts';
import { isOurs } from './our-own.ts';
import { Stretches } from './stretches.ts';
import { lockTarget, type TargetLock } from './target-lock.ts';

/** Longest name that every usual file system takes, in bytes. */
const NAME_BYTES = 255;
const READ_WRITE = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);

export interface PartialOptions {
  path: string;
  wanted: Wanted;
  executable: boolean;
  resume: boolean;
  /** Told when what an earlier attempt left is of no use. */
  onRestart: (why: string) => void;
}

/** Where the parts of a download to `path` are, all in its directory and told by its name alone. */
export function partialNames(path: string): { partial: string; journal: string; lock: string } {
  const name = basename(path);
  const fits = Buffer.byteLength(`.${name}.quarry-journal.new`) <= NAME_BYTES;
  const stem = fits ? name : createHash('sha256').update(name).digest('hex').slice(0, 32);
  const at = (ending: string) => join(dirname(path), `.${stem}.quarry-${ending}`);
  return { partial: at('partial'), journal: at('journal'), lock: at('lock') };
}

export class PartialFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** What an earlier attempt left, and then what this one wrote. */
  stretches: Stretches;
  readonly #names: ReturnType<typeof partialNames>;
  readonly #lock: TargetLock;
  #wanted: Wanted;
  #journal: Journal | null = null;

  private constructor(
    options: PartialOptions,
    lock: TargetLock,
    handle: FileHandle,
    stretches: Stretches,
    wanted: Wanted,
  ) {
    this.path = options.path;
    this.handle = handle;
    this.stretches = stretches;
    this.#names = partialNames(options.path);
    this.#lock = lock;
    this.#wanted = wanted;
  }

  /**
   * Locks the target, and opens what an earlier attempt left of the same bytes, or a new file. `LocalFileError` in
   * words when the directory cannot be written to or another transfer has the target.
   */
  static async open(options: PartialOptions): Promise<PartialFile> {
    const { path, wanted, executable } = options;
    const names = partialNames(path);
    const lock = await lockTarget(path, names.lock);
    try {
      const left = await openLeft(options, names);
      if (left !== null) {
        return new PartialFile(options, lock, left.handle, left.stretches, left.wanted);
      }
      const flags = READ_WRITE | constants.O_CREAT | constants.O_EXCL;
      // The executable bits that are asked for, less those that the umask takes.
      const make = () => open(names.partial, flags, executable ? 0o777 : 0o666);
      const again = async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') {
          throw error;
        }
        await removeBoth(names);
        return make();
      };
      const handle = await locally(path, make().catch(again));
      return new PartialFile(options, lock, handle, new Stretches(), wanted);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Which bytes it is made of, as an earlier attempt or this one found out. */
  get wanted(): Wanted {
    return this.#wanted;
  }

  /** Begins to keep account of what is written, so that a later attempt can go on. */
  async keepJournal(wanted: Wanted): Promise<void> {
    this.#wanted = wanted;
    await this.#journal?.close();
    this.#journal = null;
    this.#journal = await locally(this.path, Journal.begin(this.#names.journal, wanted, this.stretches));
  }

  /** Bytes on disk already: they need no room. */
  async allocatedBytes(): Promise<number> {
    const { blocks, size } = await this.handle.stat();
    // Windows counts no blocks.
    return blocks === undefined ? Math.min(size, this.stretches.bytes) : blocks * 512;
  }

  /** Takes note of bytes that are in their place. */
  wrote(start: number, end: number): void {
    this.stretches.add(start, end);
    this.#journal?.wrote(start, end);
  }

  /** Makes safe on disk what was written so far. */
  async datasync(): Promise<void> {
    const sync = () => locally(this.path, this.handle.datasync());
    await (this.#journal?.whileSyncing(sync) ?? sync());
  }

  /** Forgets all bytes; the file begins again. */
  async empty(): Promise<void> {
    await this.#journal?.close();
    this.#journal = null;
    await removeIfThere(this.#names.journal);
    this.stretches = new Stretches();
    await locally(this.path, this.handle.truncate(0));
  }

  /** Makes it the target: synced, with its time, under its name. The directory is not synced. */
  async complete(modified: Date | null, mayReplace: boolean): Promise<void> {
    await locally(this.path, this.#complete(modified, mayReplace));
    await this.#close();
    await removeIfThere(this.#names.journal);
    await this.#lock.release();
  }

  /** Leaves it for a later attempt; removes it when there is nothing in it. */
  async leave(): Promise<void> {
    if (this.#journal === null || this.stretches.bytes === 0) {
      return this.discard();
    }
    await this.#close();
    await this.#lock.release();
  }

  /** Removes all traces. */
  async discard(): Promise<void> {
    await this.#close();
    await removeBoth(this.#names);
    await this.#lock.release();
  }

  async #complete(modified: Date | null, mayReplace: boolean): Promise<void> {
    if (modified !== null) {
      await this.handle.utimes(new Date(), modified);
    }
    await this.handle.sync();
    // Windows renames no open file.
    await this.handle.close();
    if (!mayReplace && (await exists(this.path))) {
      throw existsAlready(this.path);
    }
    await rename(this.#names.partial, this.path);
  }

  async #close(): Promise<void> {
    await this.#journal?.close().catch(() => {});
    this.#journal = null;
    await this.handle.close().catch(() => {});
  }
}

export function existsAlready(path: string): FileExistsError {
  return new FileExistsError(`${path} exists already.`, {
    hint: 'Choose another name, or allow that it is replaced.',
  });
}

async function openLeft(
  { wanted, resume, executable, onRestart }: PartialOptions,
  names: ReturnType<typeof partialNames>,
): Promise<{ handle: FileHandle; stretches: Stretches; wanted: Wanted } | null> {
  const journal = await readJournal(names.journal);
  if (journal === null || journal.stretches.bytes === 0 || !resume) {
    return null;
  }
  if (!isSame(journal.wanted, wanted)) {
    onRestart('What an earlier attempt left is of another file, and was dropped.');
    return null;
  }
  // A link in its place, or no file at all, is none of ours.
  const handle = await open(names.partial, READ_WRITE).catch(() => null);
  if (handle === null) {
    return null;
  }
  const facts = await handle.stat();
  const sizeBytes = wanted.sizeBytes ?? journal.wanted.sizeBytes;
  const isUsable = facts.isFile() && (journal.stretches.list().at(-1)?.end ?? 0) <= facts.size;
  if (!(await isOurs(names.partial, facts))) {
    await handle.close();
    onRestart('What lies there as left by an earlier attempt belongs to another user, and was dropped.');
    return null;
  }
  const hasBits = executable === ((facts.mode & 0o100) !== 0);
  if (isUsable && hasBits) {
    const validator = wanted.validator ?? journal.wanted.validator;
    return { handle, stretches: journal.stretches, wanted: { ...wanted, sizeBytes, validator } };
  }
  await handle.close();
  onRestart('What an earlier attempt left is damaged, and was dropped.');
  return null;
}

/** The same digest means the same bytes; without one the address and its validator have to speak for them. */
function isSame(left: Wanted, wanted: Wanted): boolean {
  if (wanted.sizeBytes !== null && left.sizeBytes !== null && wanted.sizeBytes !== left.sizeBytes) {
    return false;
  }
  if (wanted.sha512 !== null && left.sha512 !== null) {
    return wanted.sha512 === left.sha512;
  }
  return left.identity === wanted.identity && left.sha512 === wanted.sha512 && left.validator !== null;
}

async function removeBoth({ partial, journal }: ReturnType<typeof partialNames>): Promise<void> {
  for (const path of [partial, journal, `${journal}.new`]) {
    await removeIfThere(path);
  }
}

/** In a quarter of the time of `rm`, which matters where files are small and many. */
async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') {
      throw error;
    }
  });
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}
