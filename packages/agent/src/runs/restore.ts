/**
 * Puts into the work directory what a run goes on from: single files where another run had left them, or an archive with its
 * whole work directory. Names are bytes, as they were there; links are put back as they were, and never followed. What is
 * restored counts as made by this run, except for inputs that are the same.
 */
import { createReadStream, mkdirSync, openSync, readSync, symlinkSync, utimesSync } from 'node:fs';
import type { RestoredFile } from '@quarry/contract';
import { readTar, type TarEntry } from '../archives/tar.ts';
import { copyInto, writeAll } from '../files/copy-file.ts';
import { TreeCursor } from '../files/cursor.ts';
import {
  createFile,
  entryAt,
  inodeAt,
  lookAt,
  Opened,
  openAgain,
  openEntry,
  openTrusted,
  reasonOf,
  removeFile,
  setMode,
  statOf,
} from '../files/door.ts';
import { nameOf, type RawName, rawOf, textOf, utf8Of } from '../files/raw-name.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import { isDiskFull, RunFailure } from './failure.ts';
import type { InputSource } from './input-source.ts';
import { bringFile, isNotHere } from './place-input.ts';
import type { StopSwitch } from './stop-switch.ts';
import { LOG_NAME } from './work-names.ts';

const READ_BYTES = 1024 * 1024;
const [EXECUTABLE, PLAIN, DIRECTORY] = [0o755, 0o644, 0o755];
const ANY_EXECUTES = 0o111;
/** The archive, where it has to be downloaded, in the directory of the run. */
const ARCHIVE_NAME = rawOf('restored.tar');

export interface RestoreOptions {
  /** The work directory, open. */
  work: number;
  source: InputSource;
  limits: { archiveEntries: number };
  snapshot: Snapshot;
  stop: StopSwitch;
}

/** Restores files in the order given; `directory` is that of the run, where no command reaches. Throws a RunFailure. */
export async function restoreFiles(
  { files, directory }: { files: readonly RestoredFile[]; directory: string },
  options: RestoreOptions,
): Promise<void> {
  using restoring = new Restoring(directory, options);
  for (const file of files) {
    if (options.stop.reason !== null) {
      return;
    }
    try {
      await restoring.restore(file);
    } catch (error) {
      throw error instanceof RunFailure || isDiskFull(error) || options.stop.reason !== null
        ? error
        : cannotRestore(file, reasonOf(error), error);
    }
  }
}

class Restoring implements Disposable {
  readonly #directory: string;
  readonly #options: RestoreOptions;
  readonly #cursor: TreeCursor;
  #entries = 0;
  /** The directory that was entered last. */
  #inside = '';

  constructor(directory: string, options: RestoreOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#cursor = new TreeCursor(inodeAt(options.work), { access: 0 });
  }

  [Symbol.dispose](): void {
    this.#cursor[Symbol.dispose]();
  }

  async restore(file: RestoredFile): Promise<void> {
    if (file.relativePath === null) {
      await this.#restoreArchive(file);
      return;
    }
    const names = namesOf(file.relativePath.split('/').map(nameOf).join('/'));
    if (isLog(names)) {
      return;
    }
    const name = this.#clearTheWay(names);
    const { source, stop } = this.#options;
    using made = new Opened(await bringFile(file, { directory: this.#cursor.fd, name, source, stop }));
    setMode(made.fd, file.executable ? EXECUTABLE : PLAIN);
    if (file.modifiedAt !== null) {
      setTime(made.fd, new Date(file.modifiedAt));
    }
    this.#own(names, made.fd);
  }

  async #restoreArchive(file: RestoredFile): Promise<void> {
    const content = createReadStream('', {
      fd: await this.#openArchive(file),
      start: 0,
      highWaterMark: READ_BYTES,
    });
    try {
      for await (const entry of readTar(content)) {
        if (this.#options.stop.reason !== null) {
          return;
        }
        await this.#restoreEntry(entry);
      }
    } finally {
      content.destroy();
    }
  }

  /** Where the server's files can be seen it is read as it lies there, else from a copy that has no name. */
  async #openArchive(file: RestoredFile): Promise<number> {
    const path = file.path ?? (await this.#options.source.keep(file, this.#options.stop));
    if (path !== null) {
      try {
        return openSync(path, 'r');
      } catch (error) {
        if (!isNotHere(error)) {
          throw error;
        }
      }
    }
    const { source, stop } = this.#options;
    using run = new Opened(openTrusted(this.#directory));
    try {
      using brought = new Opened(
        await bringFile({ ...file, path: null }, { directory: run.fd, name: ARCHIVE_NAME, source, stop }),
      );
      return openAgain(brought.fd);
    } finally {
      removeFile(run.fd, ARCHIVE_NAME);
    }
  }

  async #restoreEntry(entry: TarEntry): Promise<void> {
    const { type, name, mode = PLAIN, mtime, size } = entry.header;
    const names = namesOf(name);
    this.#countEntry();
    if (names.length === 0 || isLog(names)) {
      return;
    }
    switch (type) {
      case 'directory':
        this.#enter(names);
        return;
      case 'symlink':
        this.#restoreLink(names, (entry.header.linkname ?? '') as RawName);
        return;
      case 'link':
        await this.#restoreTwin(names, namesOf(entry.header.linkname ?? ''), mode);
        return;
      default:
        await this.#restoreContent(names, entry, { mode, size: size ?? 0, mtime: mtime ?? new Date() });
    }
  }

  /** An input that the archive has unchanged stays as it was staged. */
  async #restoreContent(
    names: RawName[],
    content: AsyncIterable<Buffer>,
    { mode, size, mtime }: { mode: number; size: number; mtime: Date },
  ): Promise<void> {
    this.#enter(names.slice(0, -1));
    const name = names.at(-1)!;
    const staged = this.#options.snapshot.hasSize(relativeOf(names), size) ? this.#openFile(name) : null;
    try {
      const source = content[Symbol.asyncIterator]();
      let next = await source.next();
      let position = 0;
      while (staged !== null && next.done !== true && isSame(staged.fd, next.value, position)) {
        position += next.value.length;
        next = await source.next();
      }
      if (staged !== null && next.done === true && position === size) {
        return;
      }
      this.#clearTheWay(names);
      using made = new Opened(createFile(this.#cursor.fd, name, PLAIN));
      if (staged !== null) {
        await copyStart(staged.fd, made.fd, position);
      }
      for (; next.done !== true; next = await source.next()) {
        this.#refuseWhenStopped();
        await writeAll(made.fd, next.value, position);
        position += next.value.length;
      }
      setMode(made.fd, (mode & ANY_EXECUTES) === 0 ? PLAIN : EXECUTABLE);
      setTime(made.fd, mtime);
      this.#own(names, made.fd);
    } finally {
      staged?.[Symbol.dispose]();
    }
  }

  #restoreLink(names: RawName[], target: RawName): void {
    const name = this.#clearTheWay(names);
    symlinkSync(Buffer.from(target, 'latin1'), entryAt(this.#cursor.fd, name));
    using link = new Opened(openEntry(this.#cursor.fd, name));
    this.#own(names, link.fd);
  }

  /** A second name of a file becomes a file of its own, as with all archives. */
  async #restoreTwin(names: RawName[], first: RawName[], mode: number): Promise<void> {
    this.#enter(first.slice(0, -1));
    const source = this.#openFile(first.at(-1)!);
    if (source === null) {
      throw new Error(
        `its entry ${textOf(names.join('/') as RawName)} is another name of a file that it does not have`,
      );
    }
    using from = source;
    const name = this.#clearTheWay(names);
    await copyInto(from.fd, this.#cursor.fd, name);
    using made = new Opened(openEntry(this.#cursor.fd, name));
    setMode(made.fd, (mode & ANY_EXECUTES) === 0 ? PLAIN : EXECUTABLE);
    this.#own(names, made.fd);
  }

  /** A file of the current directory for reading; null where there is none. */
  #openFile(name: RawName): Opened | null {
    if (!lookAt(this.#cursor.fd, name)?.isFile()) {
      return null;
    }
    using entry = new Opened(openEntry(this.#cursor.fd, name));
    return statOf(entry.fd).isFile() ? new Opened(openAgain(entry.fd)) : null;
  }

  /** Enters the directory of what is to be made, and removes what has its name. */
  #clearTheWay(names: RawName[]): RawName {
    this.#enter(names.slice(0, -1));
    const name = names.at(-1)!;
    const present = lookAt(this.#cursor.fd, name);
    if (present?.isDirectory()) {
      throw new Error(`a directory of the inputs has the name ${relativeOf(names)}`);
    }
    if (present !== undefined) {
      removeFile(this.#cursor.fd, name);
    }
    return name;
  }

  /** Enters a directory, and makes it and those above it where they are not there. */
  #enter(names: readonly RawName[]): void {
    const path = names.join('/');
    if (path === this.#inside) {
      return;
    }
    this.#inside = '';
    for (let depth = 1; depth <= names.length; depth += 1) {
      this.#cursor.moveTo(names.slice(0, depth - 1));
      const name = names[depth - 1]!;
      const present = lookAt(this.#cursor.fd, name);
      if (present?.isDirectory()) {
        continue;
      }
      if (present !== undefined) {
        removeFile(this.#cursor.fd, name);
      }
      mkdirSync(entryAt(this.#cursor.fd, name), DIRECTORY);
      using made = new Opened(openEntry(this.#cursor.fd, name));
      this.#options.snapshot.own(made.fd);
    }
    this.#cursor.moveTo(names);
    this.#inside = path;
  }

  /** Makes what was restored the commands' own, and an output. */
  #own(names: RawName[], fd: number): void {
    this.#options.snapshot.own(fd);
    this.#options.snapshot.forget(relativeOf(names));
  }

  /** What was a work directory here may be one again, however many bytes it has: the disk says when it is too much. */
  #countEntry(): void {
    const { limits } = this.#options;
    this.#refuseWhenStopped();
    this.#entries += 1;
    if (this.#entries > limits.archiveEntries) {
      throw new Error(`it has more than ${limits.archiveEntries} entries`);
    }
  }

  #refuseWhenStopped(): void {
    if (this.#options.stop.reason !== null) {
      throw new Error('the run was stopped');
    }
  }
}

/** The names of a path below the work directory; throws for one that leads out of it. */
function namesOf(path: string): RawName[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (path.startsWith('/') || path.includes('\0') || names.includes('..')) {
    throw new Error(`${JSON.stringify(textOf(path as RawName))} leads out of the work directory`);
  }
  return names as RawName[];
}

/** As outputs are called. */
function relativeOf(names: readonly RawName[]): string {
  return utf8Of(names.join('/') as RawName) ?? names.map(textOf).join('/');
}

/** The name belongs to the log of the run. */
function isLog(names: readonly RawName[]): boolean {
  return names.length === 1 && names[0] === LOG_NAME;
}

/** Whether an open file has these bytes at a position. */
function isSame(file: number, bytes: Buffer, position: number): boolean {
  const there = Buffer.allocUnsafe(bytes.length);
  return readFully(file, there, position) === bytes.length && there.equals(bytes);
}

/** The beginning of a file, which was found to be the same. */
async function copyStart(from: number, to: number, length: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length));
  for (let position = 0; position < length; ) {
    const read = readFully(from, buffer.subarray(0, Math.min(buffer.length, length - position)), position);
    await writeAll(to, buffer.subarray(0, read), position);
    position += read;
  }
}

/** As many bytes as there are, up to the length of the buffer. */
function readFully(file: number, into: Buffer, position: number): number {
  let read = 0;
  for (let count = -1; count !== 0 && read < into.length; read += count) {
    count = readSync(file, into, read, into.length - read, position + read);
  }
  return read;
}

/** Of dates that the file system does not take nothing becomes. */
function setTime(file: number, time: Date): void {
  if (Number.isFinite(time.getTime())) {
    utimesSync(inodeAt(file), time, time);
  }
}

function cannotRestore({ name }: RestoredFile, words: string, cause: unknown): RunFailure {
  return new RunFailure(
    'restore_failed',
    `What the run was to go on from could not be put into its work directory (${name}): ${words}.`,
    'Restart from another snapshot, or from the outputs of the run.',
    { cause },
  );
}
