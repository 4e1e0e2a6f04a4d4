/**
 * Writes the entries of one archive below the work directory and nowhere else. Every parent is made or checked
 * to be a real directory, a file is opened only as a new one and never through a link, and what was already
 * there is removed first, so a link of the archive cannot carry a later entry away.
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
  readonly #realDirectories = new Set<string>(['']);
  #entries = 0;
  #bytes = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  directory(name: string): void {
    this.#countEntry();
    this.#makeDirectory(name, entryParts(this.#options.archive, name));
  }

  /** Writes a regular file; counts its bytes as they arrive, whatever the archive says about its size. */
  async file(name: string, content: AsyncIterable<Buffer | Uint8Array>, modifiedAt?: Date): Promise<void> {
    this.#countEntry();
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

  symbolicLink(name: string, target: string): void {
    this.#countEntry();
    checkLinkTarget(this.#options.archive, name, entryParts(this.#options.archive, name), target);
    const path = this.#clearTheWay(name);
    if (path !== null) {
      symlinkSync(target, path.full);
      this.#options.snapshot.record(path.relative, path.full, null);
    }
  }

  /** A hard link becomes a copy, since a command may write to one name and expect the other to stay. */
  async hardLink(name: string, target: string): Promise<void> {
    const { archive, workDirectory } = this.#options;
    const parts = entryParts(archive, target);
    this.#checkParents(target, parts);
    const source = join(workDirectory, ...parts);
    if (parts.length === 0 || !lstatSync(source, { throwIfNoEntry: false })?.isFile()) {
      throw unsafe(
        archive,
        name,
        `is a hard link to ${JSON.stringify(target)}, which is no file of the archive`,
      );
    }
    if (join(...parts) !== join(...entryParts(archive, name))) {
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

  #countEntry(): void {
    const { archive, limits } = this.#options;
    this.#entries += 1;
    if (this.#entries > limits.archiveEntries) {
      throw tooLarge(archive, `more than ${limits.archiveEntries} entries`);
    }
  }

  /** Makes room for a new file or link; null when the name is taken and the entry is left out. */
  #clearTheWay(name: string): { full: string; relative: string } | null {
    const { archive, workDirectory, taken, note } = this.#options;
    const parts = entryParts(archive, name);
    if (parts.length === 0) {
      throw unsafe(archive, name, 'would replace the work directory');
    }
    if (parts.length === 1 && taken.has(parts[0]!)) {
      note(`${archive}: the entry ${parts[0]} was left out, since an input or the log has that name.`);
      return null;
    }
    this.#makeDirectory(name, parts.slice(0, -1));
    const full = join(workDirectory, ...parts);
    const present = lstatSync(full, { throwIfNoEntry: false });
    if (present?.isDirectory()) {
      throw broken(archive, `its entry ${JSON.stringify(name)} is a file where a directory is`);
    }
    if (present !== undefined) {
      rmSync(full);
    }
    return { full, relative: join(...parts) };
  }

  #makeDirectory(name: string, parts: string[]): void {
    const { archive, workDirectory, taken } = this.#options;
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const relative = join(...parts.slice(0, depth));
      if (this.#realDirectories.has(relative)) {
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
        throw unsafe(archive, name, `passes through ${JSON.stringify(relative)}, which is no directory`);
      }
      this.#realDirectories.add(relative);
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
