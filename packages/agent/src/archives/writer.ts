/**
 * Writes the entries of one archive below the work directory and nowhere else. Every parent is made or checked
 * to be a real directory, a file is opened only as a new one and never through a link, and what was already
 * there is removed first, so a link of the archive cannot carry a later entry away. An entry that comes again replaces
 * what was there, which is noted; entries whose names are different bytes never become one file.
 */
import {
  closeSync,
  constants,
  createReadStream,
  fchmodSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  write,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Snapshot } from '../outputs/snapshot.ts';
import { isDiskFull, RunFailure } from '../runs/failure.ts';
import type { StopSwitch } from '../runs/stop-switch.ts';
import { checkLinkTarget, entryParts } from './entry-name.ts';
import { broken, tooLarge, unsafe } from './failure.ts';
import { type EntryName, nameOfText } from './name.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const EXECUTABLE = 0o755;
const writeBytes = promisify(write);

export interface WriterOptions {
  archive: string;
  workDirectory: string;
  limits: { archiveEntries: number; archiveExpandedBytes: number };
  /** Names directly in the work directory that no entry may replace: the other inputs, and the log. */
  taken: Set<string>;
  snapshot: Snapshot;
  note: (text: string) => void;
  /** Unpacking ends early when the run is stopped. */
  stop: StopSwitch;
}

export class ArchiveWriter {
  readonly #options: WriterOptions;
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
  }

  directory(name: EntryName): void {
    this.#countEntry(name);
    this.#makeDirectory(name, this.#partsOf(name));
  }

  /** Writes a regular file; counts its bytes as they arrive, whatever the archive says about its size. */
  async file(name: EntryName, content: AsyncIterable<Buffer | Uint8Array>, modifiedAt?: Date): Promise<void> {
    this.#countEntry(name);
    const path = this.#clearTheWay(name);
    if (path === null) {
      for await (const chunk of content) {
        this.countBytes(chunk.length);
      }
      return;
    }
    const fd = openSync(path.full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, EXECUTABLE);
    try {
      for await (const chunk of content) {
        this.countBytes(chunk.length);
        await writeAll(fd, chunk);
      }
      fchmodSync(fd, EXECUTABLE);
      if (modifiedAt !== undefined && Number.isFinite(modifiedAt.getTime())) {
        futimesSync(fd, modifiedAt, modifiedAt);
      }
    } catch (error) {
      rmSync(path.full, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    this.#options.snapshot.record(path.relative, path.full, null);
  }

  symbolicLink(name: EntryName, target: string): void {
    this.#countEntry(name);
    checkLinkTarget(this.#options.archive, name.text, entryParts(this.#options.archive, name.text), target);
    const path = this.#clearTheWay(name);
    if (path !== null) {
      symlinkSync(target, path.full);
      this.#options.snapshot.record(path.relative, path.full, null);
    }
  }

  /** A hard link becomes a copy, since a command may write to one name and expect the other to stay. */
  async hardLink(name: EntryName, target: EntryName): Promise<void> {
    const { archive, workDirectory } = this.#options;
    const parts = entryParts(archive, target.text);
    this.#checkParents(target.text, parts);
    const source = join(workDirectory, ...parts);
    if (parts.length === 0 || !lstatSync(source, { throwIfNoEntry: false })?.isFile()) {
      throw unsafe(
        archive,
        name.text,
        `is a hard link to ${JSON.stringify(target.text)}, which is no file of the archive`,
      );
    }
    if (join(...parts) !== join(...entryParts(archive, name.text))) {
      const fd = openSync(source, constants.O_RDONLY | O_NOFOLLOW);
      await this.file(name, createReadStream(source, { fd }));
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

  /** Makes room for a new file or link; null when the name is taken and the entry is left out. */
  #clearTheWay(name: EntryName): { full: string; relative: string } | null {
    const { archive, workDirectory, taken, note } = this.#options;
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
    const full = join(workDirectory, relative);
    const present = lstatSync(full, { throwIfNoEntry: false });
    if (present?.isDirectory()) {
      throw broken(archive, `its entry ${JSON.stringify(name.text)} is a file where a directory is`);
    }
    this.#refuseOtherName(name, relative, bytesOf(parts), present !== undefined);
    if (present !== undefined) {
      this.#replaced.add(name);
      rmSync(full);
    }
    return { full, relative };
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

  #makeDirectory(name: EntryName, parts: Part[]): void {
    const { archive, workDirectory, taken } = this.#options;
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
      const full = join(workDirectory, relative);
      const present = lstatSync(full, { throwIfNoEntry: false });
      if (present === undefined) {
        mkdirSync(full);
        this.#options.snapshot.own(full);
      } else if (!present.isDirectory()) {
        throw unsafe(archive, name.text, `passes through ${JSON.stringify(relative)}, which is no directory`);
      }
      this.#realDirectories.set(relative, bytesOf(above));
    }
  }

  #checkParents(name: string, parts: string[]): void {
    const { archive, workDirectory } = this.#options;
    for (let depth = 1; depth < parts.length; depth += 1) {
      const full = join(workDirectory, ...parts.slice(0, depth));
      if (!lstatSync(full, { throwIfNoEntry: false })?.isDirectory()) {
        throw unsafe(archive, name, 'passes through something that is no directory');
      }
    }
  }
}

interface Part {
  text: string;
  bytes: string;
}

function pathOf(parts: Part[]): string {
  return parts.map(({ text }) => text).join('/');
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

async function writeAll(fd: number, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await writeBytes(fd, chunk, written, chunk.length - written, null)).bytesWritten;
  }
}

/** What a library or the file system says as the archive's failure; a full disk stays what it is. */
export function asArchiveFailure(archive: string, error: unknown): unknown {
  return error instanceof RunFailure || isDiskFull(error)
    ? error
    : broken(archive, (error as Error).message, error);
}
