import { lchownSync, linkSync, lstatSync, mkdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type RawName, rawOf } from '../files/raw-name.ts';
import { removeTree } from '../files/remove-tree.ts';
import type { Identity } from '../sandbox/identity.ts';
import { moveAway } from '../slots/clear-directory.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import type { MachineFiles } from './machine-files.ts';
import { recordPath } from './record.ts';
import { WORK_NAMES, type WorkDirectory } from './work-names.ts';

export interface RunPaths {
  directory: string;
  /** The same for commands and for us, who reach it through a link while it lies in the slot. */
  home: string;
  workDirectory: string;
  /** The work directory for us, while commands may change it. */
  work: WorkDirectory;
  /** Where scripts are put for commands to read: names below a directory in which nobody but us can change one. */
  scripts: { root: string; names: RawName[] };
  /** The log's true home, out of the command's reach except through the second name below. */
  log: string;
  logInWork: string;
  /** Copies of outputs that cannot be handed over themselves. */
  copies: string;
}

export interface DirectoryMeans {
  slot: CommandSlot;
  identity: Identity;
  machineFiles: MachineFiles;
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
    workDirectory,
    work: { path: workDirectory, root: scripts.root, names: [...scripts.names, ...WORK_NAMES] },
    scripts,
    log: join(directory, 'process_output.log'),
    logInWork: join(workDirectory, 'process_output.log'),
    copies: join(directory, 'copies'),
  };
}

/** The directory of a run in that of its slot; null without a sandbox. */
export function pathInSlot(directory: string, slot: CommandSlot): string | null {
  return slot.directory === null ? null : join(slot.directory, basename(directory));
}

/** The directories of a run, made afresh: what an earlier attempt left there is removed. */
export async function makeDirectories(
  directory: string,
  { slot, identity, machineFiles }: DirectoryMeans,
): Promise<RunPaths> {
  slot.occupy();
  const paths = pathsOf(directory, slot.directory);
  const { home } = paths;
  if (!makeDirectory(directory)) {
    for (const path of [home, paths.log, paths.copies, recordPath(directory)]) {
      await removeWhole(path);
    }
  }
  const inSlot = pathInSlot(directory, slot);
  const real = inSlot === null ? home : join(inSlot, 'home');
  if (inSlot !== null) {
    mkdirSync(inSlot);
    symlinkSync(real, home);
  }
  for (const path of [real, join(real, 'work')]) {
    mkdirSync(path);
    own(path, identity);
  }
  machineFiles.place(home);
  return paths;
}

/** Removes what an earlier attempt has left. */
export async function removeWhole(path: string): Promise<void> {
  const { left } = await removeTree(path);
  if (left !== null) {
    throw new Error(`what an earlier attempt left cannot be removed (${left})`);
  }
}

/** Makes something that was put into the work directory the property of whom its commands run as; a link itself. */
export function own(path: string | Buffer, { uid, gid }: Identity): void {
  if (uid !== process.getuid!()) {
    lchownSync(path, uid, gid);
  }
}

/**
 * Moves the home of a run from its slot into the run's own directory, where no later command reaches it; to be called
 * when its processes are gone. False when the commands have put something else in its place: then it is empty.
 */
export function bringHome(
  { directory, home }: Pick<RunPaths, 'directory' | 'home'>,
  slot: CommandSlot,
): boolean {
  const inSlot = pathInSlot(directory, slot);
  return inSlot === null || takeHome(home, inSlot);
}

/** What is told of a run whose commands have done that. */
export const WORK_REPLACED = {
  relativePath: '',
  reason: 'something else was put where the work directory was',
};

/** Moves it from that place to its own, where a link to it may be; may be broken off and repeated. */
export function takeHome(home: string, inSlot: string): boolean {
  rmSync(home, { force: true });
  // A command that runs as our own user can rename what is in the slot, and nothing above it.
  if (isDirectory(inSlot) && isDirectory(join(inSlot, 'home'))) {
    moveAway(join(inSlot, 'home'), home);
    removeIfEmpty(inSlot);
    return true;
  }
  mkdirSync(join(home, 'work'), { recursive: true });
  return false;
}

/** False when there was one. */
function makeDirectory(path: string): boolean {
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

/** Otherwise it is discarded with what is in it. */
function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // A script of ours, or something that the commands have put there.
  }
}

export function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Gives the log its name in the work directory. An input of that name has to make room; then this is true. */
export function showLogInWork({ log, logInWork }: RunPaths): boolean {
  try {
    linkSync(log, logInWork);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      // A file system without hard links: the log is then only at its true home.
      return false;
    }
  }
  rmSync(logInWork, { force: true });
  linkSync(log, logInWork);
  return true;
}
