import { chownSync, linkSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { type DeviceLink, linkDevices } from '../devices/devices.ts';
import {
  entryAt,
  hasCode,
  inodeAt,
  makeDirectory,
  Opened,
  openBelow,
  openTrusted,
  reasonOf,
  removeFile,
} from '../files/door.ts';
import { type RawName, rawOf } from '../files/raw-name.ts';
import { removeTree } from '../files/remove-tree.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import { RunFailure } from './failure.ts';
import type { MachineFiles } from './machine-files.ts';
import { recordPath } from './record.ts';
import { HOME_NAME, LOG_NAME, WORK_NAME, WORK_NAMES, type WorkDirectory } from './work-names.ts';

export interface RunPaths {
  directory: string;
  /** As commands know it. While it lies in the slot a link leads there, by which nothing is done here. */
  home: string;
  /** A name for it on its way back from the slot, until it is seen to be a directory. */
  homeTaken: string;
  workDirectory: string;
  /** The work directory for us, while commands may change it. */
  work: WorkDirectory;
  /** Where scripts are put for commands to read: names below a directory in which nobody but us can change one. */
  scripts: { root: string; names: RawName[] };
  /** The log's true home, out of the command's reach except through the second name that it gets in the work directory. */
  log: string;
  /** Copies of outputs that cannot be handed over themselves. */
  copies: string;
}

export interface DirectoryMeans {
  slot: CommandSlot;
  identity: Identity;
  machineFiles: MachineFiles;
  deviceLinks: readonly DeviceLink[];
}

/** Where what belongs to a run is; while it executes, some of them are in the directory of its slot. */
export function pathsOf(directory: string, slotDirectory: string | null = null): RunPaths {
  const home = join(directory, 'home');
  const workDirectory = join(home, 'work');
  const scripts =
    slotDirectory === null
      ? { root: directory, names: [] }
      : { root: slotDirectory, names: [rawOf(basename(directory))] };
  return {
    directory,
    home,
    homeTaken: join(directory, 'home.taken'),
    workDirectory,
    work: { path: workDirectory, root: scripts.root, names: [...scripts.names, ...WORK_NAMES] },
    scripts,
    log: join(directory, 'process_output.log'),
    copies: join(directory, 'copies'),
  };
}

/** The directory of a run in that of its slot; null without a sandbox. */
export function pathInSlot(directory: string, slot: CommandSlot): string | null {
  return slot.directory === null ? null : join(slot.directory, basename(directory));
}

/** What a link in a run's directory says of where its home is: relative, so that it leads a copy of all to the copy. */
export function linkToHome(directory: string, inSlot: string): string {
  return relative(directory, join(inSlot, HOME_NAME));
}

/** The directories of a run, made afresh: what an earlier attempt left there is removed. */
export async function makeDirectories(directory: string, means: DirectoryMeans): Promise<RunPaths> {
  const { slot } = means;
  slot.occupy();
  const paths = pathsOf(directory, slot.directory);
  const { home, homeTaken, log, copies } = paths;
  if (!makeRunDirectory(directory)) {
    for (const path of [home, homeTaken, log, copies, recordPath(directory)]) {
      await removeWhole(path);
    }
  }
  const inSlot = pathInSlot(directory, slot);
  if (inSlot !== null) {
    symlinkSync(linkToHome(directory, inSlot), home);
  }
  makeHome(paths, means);
  return paths;
}

/** Each one by the directory that has just been made: somebody may have put something else in the place of its path. */
function makeHome(
  { home, scripts }: RunPaths,
  { slot, identity, machineFiles, deviceLinks }: DirectoryMeans,
): void {
  try {
    using place = new Opened(slot.directory === null ? openBelow(scripts.root, []) : makePlace(scripts));
    using made = new Opened(makeDirectory(place.fd, HOME_NAME));
    machineFiles.place(home, made.fd);
    linkDevices(made.fd, deviceLinks);
    using work = new Opened(makeDirectory(made.fd, WORK_NAME));
    own(work.fd, identity);
    own(made.fd, identity);
  } catch (error) {
    throw asReplaced(error);
  }
}

/** Makes the directory of a run in that of its slot, and opens it. */
export function makePlace({ root, names }: RunPaths['scripts']): number {
  using slot = new Opened(openTrusted(root));
  return makeDirectory(slot.fd, names[0]!);
}

/** Opens the work directory of a run; throws a RunFailure where something else was put in its place. */
export function openWork({ root, names }: WorkDirectory): number {
  try {
    return openBelow(root, names);
  } catch (error) {
    throw asReplaced(error);
  }
}

/** What the door says of a directory that is not what we have put there, for people. */
export function asReplaced(error: unknown): unknown {
  if (!hasCode(error, 'ENOTDIR', 'ENOENT', 'ELOOP', 'EEXIST', 'EISDIR')) {
    return error;
  }
  return new RunFailure(
    'directory_replaced',
    `While the run was being prepared something else was put where its home or its work directory was: ${reasonOf(error)}.`,
    'A process of another run may have done that. Look at what the commands of this job hand to one another, and execute the run again.',
    { cause: error },
  );
}

/** Removes what an earlier attempt has left. */
export async function removeWhole(path: string): Promise<void> {
  const { left } = await removeTree(path);
  if (left !== null) {
    throw new Error(`what an earlier attempt left cannot be removed (${left})`);
  }
}

/** Makes what a descriptor stands for, a link as the link itself, the property of whom commands run as. */
export function own(fd: number, { uid, gid }: Identity): void {
  if (uid !== process.getuid!()) {
    chownSync(inodeAt(fd), uid, gid);
  }
}

/** What is told of a run whose commands have done that. */
export const WORK_REPLACED = {
  relativePath: '',
  reason: 'something else was put where the work directory was',
};

/** False when there was one. */
function makeRunDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    mkdirSync(path, { recursive: true });
    return true;
  }
}

export function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Gives the log its name in the work directory, which is open. An input of that name has to make room; then this is true. */
export function showLogInWork(log: string, work: number): boolean {
  const name = entryAt(work, rawOf(LOG_NAME));
  try {
    linkSync(log, name);
    return false;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) {
      // A file system without hard links: the log is then only at its true home.
      return false;
    }
  }
  removeFile(work, rawOf(LOG_NAME));
  linkSync(log, name);
  return true;
}
