/**
 * What lies on a storage device, by the door: every name is opened in a directory that is open already, links are followed
 * inside of the device only, and what is changed is changed in the very directory that was found, whatever jobs put in its place.
 */
import {
  chownSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  realpathSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StepRefused, TreeCursor } from '@quarry/agent/files/cursor';
import {
  entryAt,
  hasCode,
  inodeAt,
  listEntries,
  lookAt,
  makeDirectory as makeNewDirectory,
  Opened,
  openDirectory,
  openEntry,
  setMode,
  statOf,
} from '@quarry/agent/files/door';
import { followPath, type LinkedTree, partsOf } from '@quarry/agent/files/follow-link';
import { Pace } from '@quarry/agent/files/pace';
import { nameOf, type RawName, rawOf, textOf } from '@quarry/agent/files/raw-name';
import { MAX_RELATIVE_PATH_LENGTH } from '@quarry/contract';
import { conflict, notFound, Problem, refused } from '../problems.ts';
import { flush } from './flush.ts';

const OWNER_ALL = 0o700;
const MOST_NAME_BYTES = 255;
/** Of a path in words. */
const QUOTED_CHARACTERS = 200;
/** How often the same step is tried again because somebody else was quicker. */
const MOST_TRIES = 10;

export interface DeviceEntry {
  name: string;
  type: 'file' | 'directory' | 'link' | 'other';
  sizeBytes: number;
  modifiedAt: Date;
}

/** What has got its place, so that it can be taken back. */
export interface Placed {
  path: string;
  ino: bigint;
  /** Whether there was something. */
  isReplaced: boolean;
  /** Where that is now; null where it could not be kept. */
  before: string | null;
}

export class DeviceContents implements Disposable {
  readonly #tree: LinkedTree;
  /** To whom what is put there belongs: to whom commands run as, once a job has had the device. */
  readonly owner: { uid: number; gid: number };

  /** Refuses in words where the directory of the device is lost. */
  constructor(content: string, deviceId: string) {
    try {
      const root = realpathSync(content);
      this.#tree = {
        cursor: new TreeCursor(root, { access: 0 }),
        root: [],
        paths: [rawOf(root), rawOf(`/storage_${deviceId}`)],
      };
      openForOwner(this.#tree.cursor.fd);
      const { uid, gid } = statOf(this.#tree.cursor.fd);
      this.owner = { uid: Number(uid), gid: Number(gid) };
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) {
        throw new Problem('damaged', `The directory of the storage device ${deviceId} is lost.`, {
          code: 'storage_device_lost',
          hint: 'Whoever runs the platform finds more with "quarry doctor".',
          cause: error,
        });
      }
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#tree.cursor[Symbol.dispose]();
  }

  /** The entries of a directory in the order of their names, `most` of them; `isWhole` says whether these are all. */
  async list(path: string, most: number): Promise<{ names: RawName[]; isWhole: boolean }> {
    this.#enterDirectory(partsOf(toRaw(path)));
    const names: RawName[] = [];
    const pace = new Pace();
    let isWhole = true;
    try {
      for (const { name } of listEntries(this.#tree.cursor.fd)) {
        if (names.length === most) {
          isWhole = false;
          break;
        }
        names.push(name);
        if (pace.isDue) {
          await pace.rest();
        }
      }
    } catch (error) {
      throw asMoved(error, path);
    }
    return { names: names.sort(), isWhole };
  }

  /** What some names in the directory that was listed are; those that are gone meanwhile are left out. */
  look(names: readonly RawName[]): DeviceEntry[] {
    return names.flatMap((name) => {
      const stats = lookAt(this.#tree.cursor.fd, name);
      if (stats === undefined) {
        return [];
      }
      const type = stats.isFile()
        ? 'file'
        : stats.isDirectory()
          ? 'directory'
          : stats.isSymbolicLink()
            ? 'link'
            : 'other';
      return [{ name: textOf(name), type, sizeBytes: Number(stats.size), modifiedAt: stats.mtime }];
    });
  }

  /** Opens a file for reading; waits for nobody at a pipe that a job has meanwhile put in its place. */
  async open(path: string): Promise<{ handle: FileHandle; sizeBytes: number; modifiedAt: Date }> {
    const found = followPath(this.#tree, [], toRaw(path));
    if (found.kind === 'directory') {
      throw refused(`"${path}" is a directory.`, { code: 'not_a_file', hint: 'See directory-contents/.' });
    }
    if (found.kind !== 'other') {
      throw missing(path);
    }
    const entry = orMissing(path, () => openEntry(this.#tree.cursor.fd, found.name));
    try {
      const { size, mtime } = statOf(entry);
      if (!statOf(entry).isFile()) {
        throw refused(`"${path}" is not a file.`, { code: 'not_a_file', hint: 'See directory-contents/.' });
      }
      const handle = await open(inodeAt(entry), constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
        throw hasCode(error, 'EACCES') ? closed(path) : error;
      });
      return { handle, sizeBytes: Number(size), modifiedAt: mtime };
    } finally {
      closeSync(entry);
    }
  }

  /** Makes a directory and those above it; those that are there already stay as they are. Answers what was not there. */
  async makeDirectory(path: string): Promise<boolean> {
    const names = partsOf(toRaw(path));
    let found: RawName[] = [];
    let isNew = false;
    try {
      for (const [index, name] of names.entries()) {
        const step = await this.#enterOrMake(found, name);
        if (step === null) {
          throw occupied(
            names
              .slice(0, index + 1)
              .map(textOf)
              .join('/'),
          );
        }
        found = step.names;
        isNew = step.isNew;
      }
      return isNew;
    } catch (error) {
      throw asMoved(error, path);
    }
  }

  /** Null where something else has the name. */
  async #enterOrMake(
    above: readonly RawName[],
    name: RawName,
  ): Promise<{ names: RawName[]; isNew: boolean } | null> {
    const { cursor } = this.#tree;
    for (let tries = 1; ; tries += 1) {
      const step = followPath(this.#tree, above, name);
      if (step.kind === 'directory') {
        return { names: step.names, isNew: false };
      }
      cursor.moveTo(above);
      if (lookAt(cursor.fd, name) !== undefined) {
        return null;
      }
      try {
        using made = new Opened(makeNewDirectory(cursor.fd, name));
        this.give(made.fd);
        await flush(cursor.fd);
        return { names: [...above, name], isNew: true };
      } catch (error) {
        if (!hasCode(error, 'EEXIST') || tries === MOST_TRIES) {
          throw error;
        }
      }
    }
  }

  /** The name of a file in a path; refuses a path that names none. */
  placeName(path: string): RawName {
    const name = partsOf(toRaw(path)).at(-1);
    if (name === undefined || ['', '.'].includes(path.split('/').at(-1)!)) {
      throw refused(`"${path}" names no file.`, { code: 'invalid_path', hint: 'Add the name of the file.' });
    }
    if (name.length > MOST_NAME_BYTES) {
      throw refused('The name of the file is too long.', {
        code: 'invalid_path',
        hint: `A name has at most ${MOST_NAME_BYTES} bytes.`,
      });
    }
    return name;
  }

  /**
   * Gives what is ours and out of reach of jobs its place there, in that of a file or link of the name, which is kept beside what was
   * incoming until nobody wants to take that back.
   */
  async place(incoming: string, path: string): Promise<Placed> {
    const name = this.placeName(path);
    this.#enterDirectory(partsOf(toRaw(path)).slice(0, -1));
    const directory = this.#tree.cursor.fd;
    const entry = entryAt(directory, name);
    const { ino } = lstatSync(incoming, { bigint: true });
    const isReplaced = lookAt(directory, name) !== undefined;
    let before = isReplaced ? linkedAside(entry, `${incoming}.before`) : null;
    try {
      renameSync(incoming, entry);
    } catch (error) {
      if (before !== null) {
        unlinkSync(before);
        before = null;
      }
      throw hasCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST') ? occupied(path) : asMoved(error, path);
    }
    await flush(directory);
    return { path, ino, isReplaced, before };
  }

  /** Undoes that, unless somebody has put something else there, or moved the directory meanwhile. */
  async takeBack({ path, ino, isReplaced, before }: Placed): Promise<void> {
    if (isReplaced && before === null) {
      return;
    }
    const name = this.placeName(path);
    try {
      this.#enterDirectory(partsOf(toRaw(path)).slice(0, -1));
      const directory = this.#tree.cursor.fd;
      if (lookAt(directory, name)?.ino !== ino) {
        return;
      }
      const entry = entryAt(directory, name);
      if (before === null) {
        unlinkSync(entry);
      } else {
        renameSync(before, entry);
      }
      await flush(directory);
    } catch (error) {
      if (!(error instanceof Problem) && !hasCode(error, 'ENOENT', 'EACCES', 'EPERM')) {
        throw error;
      }
    }
  }

  /** Takes an entry out, a link as the link itself, to a place out of reach of jobs; what is gone then survives a power cut. */
  async takeAway(path: string, aside: string): Promise<void> {
    const names = partsOf(toRaw(path));
    const name = names.at(-1);
    if (name === undefined) {
      throw refused('The storage device itself is not removed this way.', {
        code: 'invalid_path',
        hint: 'Name something on it, or delete the device (DELETE storage-devices/{id}/).',
      });
    }
    this.#enterDirectory(names.slice(0, -1));
    const { fd } = this.#tree.cursor;
    const from = entryAt(fd, name);
    try {
      renameSync(from, aside);
    } catch (error) {
      if (!hasCode(error, 'EACCES')) {
        throw hasCode(error, 'ENOENT') ? missing(path) : error;
      }
      // Linux lets only its owner move a directory that must not be written to, and that owner has to make it writable first.
      const entry = orMissing(path, () => openDirectory(fd, name));
      try {
        setMode(entry, OWNER_ALL);
      } finally {
        closeSync(entry);
      }
      renameSync(from, aside);
    }
    await flush(fd);
  }

  /** Makes what is open the property of whom commands run as. */
  give(fd: number): void {
    const { uid, gid } = this.owner;
    if (uid !== process.getuid!()) {
      chownSync(inodeAt(fd), uid, gid);
    }
  }

  #enterDirectory(parts: readonly RawName[]): void {
    const found = followPath(this.#tree, [], parts.join('/') as RawName);
    const path = parts.map(textOf).join('/');
    if (found.kind === 'other') {
      throw refused(`"${path}" is not a directory.`, {
        code: 'not_a_directory',
        hint: 'Name a directory of the storage device.',
      });
    }
    if (found.kind !== 'directory') {
      throw missing(path, 'directory');
    }
    orMissing(path, () => this.#tree.cursor.moveTo(found.names));
  }
}

/** A second name for what is there, a link itself and not what it names; null where it can have none, such as a directory. */
function linkedAside(entry: ReturnType<typeof entryAt>, aside: string): string | null {
  try {
    linkSync(entry, aside);
    return aside;
  } catch (error) {
    // Linux lets nobody but root link what belongs to others (fs.protected_hardlinks).
    if (hasCode(error, 'ENOENT', 'EPERM', 'EXDEV', 'EMLINK')) {
      return null;
    }
    throw error;
  }
}

/** The directory itself belongs to the platform: a job that closes it closes it for nobody. */
export function openForOwner(content: number): void {
  const mode = Number(statOf(content).mode & 0o7777n);
  if ((mode & OWNER_ALL) !== OWNER_ALL) {
    setMode(content, mode | OWNER_ALL);
  }
}

/** The names of a path that a client has sent, which leave nothing and are what they say. */
function toRaw(path: string): RawName {
  const parts = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map(nameOf);
  if (path.length > MAX_RELATIVE_PATH_LENGTH || path.includes('\0') || parts.includes('..' as RawName)) {
    throw refused(`"${path.slice(0, QUOTED_CHARACTERS)}" is no path on a storage device.`, {
      code: 'invalid_path',
      hint: `Paths are relative to the device, without "..", and have at most ${MAX_RELATIVE_PATH_LENGTH} characters.`,
    });
  }
  return parts.join('/') as RawName;
}

/** A step that found nothing, since somebody has taken it away. */
function orMissing<Result>(path: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    throw asMoved(error, path);
  }
}

function asMoved(error: unknown, path: string): unknown {
  if (hasCode(error, 'EACCES', 'EPERM')) {
    return closed(path);
  }
  return error instanceof StepRefused ||
    hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EEXIST')
    ? missing(path)
    : error;
}

function missing(path: string, what = 'file'): Problem {
  return notFound(
    `There is no ${what} "${path}" on this storage device now.`,
    'Names are relative to the device, and case-sensitive. What is there: directory-contents/ of the device.',
  );
}

function closed(path: string): Problem {
  return refused(`"${path}" is closed to its own owner: a job has taken the permissions away.`, {
    code: 'permission_denied',
    hint: 'Run chmod on it in a job that has the storage device.',
  });
}

function occupied(path: string): Problem {
  return conflict(`"${path}" is there already, and something else than what is to be put there.`, {
    code: 'path_taken',
    hint: 'Choose another name, or remove what is there.',
  });
}
