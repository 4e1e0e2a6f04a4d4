/**
 * Writes the entries of one archive below the work directory and nowhere else. Every parent is made or found as a real
 * directory and entered by its name in the one above, a file is opened only as a new one, and what was already there is
 * removed first, so neither a link of the archive nor one that a command has put there carries an entry away. An entry that comes again replaces
 * what was there, which is noted; entries whose names are different bytes never become one file.
 */
import { createReadStream, fchmodSync, futimesSync, mkdirSync, symlinkSync } from 'node:fs';
import { writeAll } from '../files/copy-file.ts';
import { TreeCursor } from '../files/cursor.ts';
import {
  createFile,
  entryAt,
  inodeAt,
  lookAt,
  Opened,
  openAgain,
  openEntry,
  readLink,
  reasonOf,
  removeFile,
  statOf,
} from '../files/door.ts';
import { type RawName, rawOf, textOf } from '../files/raw-name.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import { isDiskFull, RunFailure } from '../runs/failure.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import { checkLinkTarget, entryParts } from './entry-name.ts';
import { broken, tooLarge, unsafe } from './failure.ts';
import { type EntryName, nameOfText } from './name.ts';

const EXECUTABLE = 0o755;

export interface WriterOptions {
  archive: string;
  /** The work directory, open. */
  work: number;
  limits: { archiveEntries: number; archiveExpandedBytes: number };
  /** Names directly in the work directory that no entry may replace: the other inputs, and the log. */
  taken: Set<string>;
  snapshot: Snapshot;
  note: (text: string) => void;
  /** Unpacking ends early when the run is stopped. */
  stop: StopSwitch;
}

export class ArchiveWriter implements Disposable {
  readonly #options: WriterOptions;
  readonly #cursor: TreeCursor;
  /** Paths that are real directories, with the bytes of the name by which each was made or found. */
  readonly #realDirectories = new Map<string, string>();
  /** Paths of files whose names are not in the archive as they are here, with their bytes there. */
  readonly #rewritten = new Map<string, string>();
  readonly #guesses = new Tally();
  readonly #replaced = new Tally();
  #entries = 0;
  #bytes = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#cursor = new TreeCursor(inodeAt(options.work), { access: 0 });
  }

  [Symbol.dispose](): void {
    this.#cursor[Symbol.dispose]();
  }

  directory(name: EntryName): void {
    this.#countEntry(name);
    this.#makeDirectory(name, this.#partsOf(name));
  }

  /** Writes a regular file; counts its bytes as they arrive, whatever the archive says about its size. */
  async file(name: EntryName, content: AsyncIterable<Buffer | Uint8Array>, modifiedAt?: Date): Promise<void> {
    this.#countEntry(name);
    const place = this.#clearTheWay(name);
    if (place === null) {
      for await (const chunk of content) {
        this.countBytes(chunk.length);
      }
      return;
    }
    using file = new Opened(createFile(this.#cursor.fd, place.name, EXECUTABLE));
    try {
      let position = 0;
      for await (const chunk of content) {
        this.countBytes(chunk.length);
        await writeAll(file.fd, chunk, position);
        position += chunk.length;
      }
      fchmodSync(file.fd, EXECUTABLE);
      if (modifiedAt !== undefined && Number.isFinite(modifiedAt.getTime())) {
        futimesSync(file.fd, modifiedAt, modifiedAt);
      }
    } catch (error) {
      removeFile(this.#cursor.fd, place.name);
      throw error;
    }
    this.#options.snapshot.record(place.relative, file.fd, null);
  }

  symbolicLink(name: EntryName, target: string): void {
    this.#countEntry(name);
    checkLinkTarget(this.#options.archive, name.text, entryParts(this.#options.archive, name.text), target);
    const place = this.#clearTheWay(name);
    if (place === null) {
      return;
    }
    symlinkSync(target, entryAt(this.#cursor.fd, place.name));
    using link = new Opened(openEntry(this.#cursor.fd, place.name));
    if (statOf(link.fd).isSymbolicLink()) {
      this.#options.snapshot.record(place.relative, link.fd, null);
    }
  }

  /**
   * A hard link becomes a copy, since a command may write to one name and expect the other to stay. One to a symbolic link
   * becomes another such link; one to itself, as an archive has it that was given a name twice, is there already.
   */
  async hardLink(name: EntryName, target: EntryName, modifiedAt?: Date): Promise<void> {
    const { archive } = this.#options;
    const parts = entryParts(archive, target.text);
    const isItself = parts.join('/') === entryParts(archive, name.text).join('/');
    const source = this.#openSource(target.text, parts);
    if (source === null) {
      throw unsafe(
        archive,
        name.text,
        `is a hard link to ${JSON.stringify(target.text)}, which is no file of the archive`,
      );
    }
    if (typeof source === 'string') {
      if (!isItself) {
        this.symbolicLink(name, source);
      }
      return;
    }
    // Its descriptor is closed with the stream.
    const content = createReadStream('', { fd: source, start: 0 });
    try {
      if (!isItself) {
        await this.file(name, content, modifiedAt);
      }
    } finally {
      content.destroy();
    }
  }

  /** Called for bytes that leave the decompressor; throws beyond the limit. */
  countBytes(count: number): void {
    const { archive, limits, stop } = this.#options;
    if (stop.reason !== null) {
      throw new Error('the run was stopped');
    }
    this.#bytes += count;
    if (this.#bytes > limits.archiveExpandedBytes) {
      throw tooLarge(archive, `more than ${limits.archiveExpandedBytes} bytes when unpacked`);
    }
  }

  /** Says what was guessed and what was replaced; called when all is unpacked. */
  noteNames(): void {
    const { archive, note } = this.#options;
    this.#guesses.tell((count, example) =>
      note(
        `${archive}: ${count} names are not UTF-8 and were read as ${example.guessed}, such as ${example.text}.`,
      ),
    );
    this.#replaced.tell((count, example) =>
      note(
        `${archive}: ${count} entries replaced what an earlier entry or archive had put there, such as ${example.text}.`,
      ),
    );
  }

  #countEntry(name: EntryName): void {
    const { archive, limits } = this.#options;
    if (name.guessed !== null) {
      this.#guesses.add(name);
    }
    this.#entries += 1;
    if (this.#entries > limits.archiveEntries) {
      throw tooLarge(archive, `more than ${limits.archiveEntries} entries`);
    }
  }

  #partsOf({ text, bytes }: EntryName): Part[] {
    const { archive } = this.#options;
    const raw = entryParts(archive, bytes);
    return entryParts(archive, text).map((part, index) => ({ text: part, bytes: raw[index] ?? '' }));
  }

  /** Enters the directory of a new file or link and makes room there; null when the name is taken and the entry is left out. */
  #clearTheWay(name: EntryName): { name: RawName; relative: string } | null {
    const { archive, taken, note } = this.#options;
    const parts = this.#partsOf(name);
    if (parts.length === 0) {
      throw unsafe(archive, name.text, 'would replace the work directory');
    }
    if (parts.length === 1 && taken.has(parts[0]!.text)) {
      note(`${archive}: the entry ${parts[0]!.text} was left out, since an input or the log has that name.`);
      return null;
    }
    this.#makeDirectory(name, parts.slice(0, -1));
    const relative = pathOf(parts);
    const last = rawOf(parts.at(-1)!.text);
    const present = lookAt(this.#cursor.fd, last);
    if (present?.isDirectory()) {
      throw broken(archive, `its entry ${JSON.stringify(name.text)} is a file where a directory is`);
    }
    this.#refuseOtherName(name, relative, bytesOf(parts), present !== undefined);
    if (present !== undefined) {
      this.#replaced.add(name);
      removeFile(this.#cursor.fd, last);
    }
    return { name: last, relative };
  }

  /** Two names that are read as one are two files: one would take the place of the other. */
  #refuseOtherName(name: EntryName, relative: string, bytes: string, isThere: boolean): void {
    const { archive, snapshot } = this.#options;
    const before = this.#rewritten.get(relative);
    const isRewritten = bytes !== nameOfText(relative).bytes;
    const isOther = before === undefined ? isRewritten && snapshot.has(relative) : before !== bytes;
    if (isThere && isOther) {
      throw sameName(archive, name);
    }
    if (isRewritten) {
      this.#rewritten.set(relative, bytes);
    }
  }

  /** Makes a directory with those above it, and enters it. */
  #makeDirectory(name: EntryName, parts: Part[]): void {
    const { archive, taken } = this.#options;
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const above = parts.slice(0, depth);
      const relative = pathOf(above);
      const known = this.#realDirectories.get(relative);
      if (known !== undefined) {
        if (known !== bytesOf(above)) {
          throw sameName(archive, name);
        }
        continue;
      }
      if (taken.has(relative)) {
        throw broken(
          archive,
          `its directory ${JSON.stringify(relative)} has the name of an input or of the log`,
        );
      }
      this.#cursor.moveTo(namesOf(above.slice(0, -1)));
      const last = rawOf(above.at(-1)!.text);
      const present = lookAt(this.#cursor.fd, last);
      if (present === undefined) {
        mkdirSync(entryAt(this.#cursor.fd, last));
        this.#cursor.enter(last);
        this.#options.snapshot.own(this.#cursor.fd);
      } else if (!present.isDirectory()) {
        throw unsafe(archive, name.text, `passes through ${JSON.stringify(relative)}, which is no directory`);
      }
      this.#realDirectories.set(relative, bytesOf(above));
    }
    this.#cursor.moveTo(namesOf(parts));
  }

  /** Opens a file that is there already; of a symbolic link its target; null where there is neither. */
  #openSource(name: string, parts: string[]): number | string | null {
    const last = parts.at(-1);
    if (last === undefined) {
      return null;
    }
    try {
      this.#cursor.moveTo(parts.slice(0, -1).map(rawOf));
    } catch (error) {
      const { archive } = this.#options;
      throw unsafe(archive, name, `passes through something that is no directory: ${reasonOf(error)}`);
    }
    const present = lookAt(this.#cursor.fd, rawOf(last));
    if (present?.isSymbolicLink()) {
      return textOf(readLink(this.#cursor.fd, rawOf(last)));
    }
    if (!present?.isFile()) {
      return null;
    }
    using entry = new Opened(openEntry(this.#cursor.fd, rawOf(last)));
    return statOf(entry.fd).isFile() ? openAgain(entry.fd) : null;
  }
}

interface Part {
  text: string;
  bytes: string;
}

function pathOf(parts: Part[]): string {
  return parts.map(({ text }) => text).join('/');
}

function namesOf(parts: Part[]): RawName[] {
  return parts.map(({ text }) => rawOf(text));
}

function bytesOf(parts: Part[]): string {
  return parts.map(({ bytes }) => bytes).join('/');
}

function sameName(archive: string, name: EntryName): RunFailure {
  return broken(
    archive,
    `its entry ${JSON.stringify(name.text)} would take the place of another one: their names are different bytes that read alike`,
  );
}

/** How many there were, and the first of them. */
class Tally {
  #count = 0;
  #first: EntryName | null = null;

  add(name: EntryName): void {
    this.#count += 1;
    this.#first ??= name;
  }

  tell(say: (count: number, first: EntryName) => void): void {
    if (this.#first !== null) {
      say(this.#count, this.#first);
    }
  }
}

/** What a library or the file system says as the archive's failure; a full disk stays what it is. */
export function asArchiveFailure(archive: string, error: unknown): unknown {
  return error instanceof RunFailure || isDiskFull(error) ? error : broken(archive, wordsOf(error), error);
}

/** Libraries have numbers for their errors as well, which mean something else than those of the system. */
function wordsOf(error: unknown): string {
  const { syscall, message } = error as NodeJS.ErrnoException;
  return syscall === undefined ? message : reasonOf(error);
}
