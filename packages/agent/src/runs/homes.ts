/**
 * The home of a run on its ways. While the run executes it lies in the slot, where its commands, and those of other runs that
 * were handed an open directory, can put anything in its place, and the run's directory has a link to it, by which we do
 * nothing; no job can change that directory.
 */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { entryAt, hasCode, lookAt, Opened, openBelow, openTrusted } from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';
import { moveAway } from '../slots/clear-directory.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import { isDirectory, linkToHome, makePlace, pathInSlot, type RunPaths } from './run-paths.ts';
import { HOME_NAME, WORK_NAME } from './work-names.ts';

type Home = Pick<RunPaths, 'directory' | 'home' | 'homeTaken'>;

/**
 * Moves the home of a run from its slot into the run's own directory, where no later command reaches it; to be called
 * when its processes are gone. False when the commands have put something else in its place: then it is empty.
 */
export function bringHome(paths: Home, slot: CommandSlot): boolean {
  const inSlot = pathInSlot(paths.directory, slot);
  return inSlot === null || takeHome(paths, inSlot);
}

/**
 * Brings the home of a run into its directory, from wherever an agent left it; `clusterDirectory` is that of the agent.
 * False when commands have put something else in its place: then it is empty. May be broken off and repeated.
 */
export function recoverHome(paths: Home, clusterDirectory: string | null): boolean {
  const { directory, home } = paths;
  if (isDirectory(home) || finishTaking(paths)) {
    return true;
  }
  const inSlot =
    (clusterDirectory === null ? null : findInSlots(clusterDirectory, basename(directory))) ??
    linkTarget(home) ??
    linkTarget(linkToBe(paths));
  if (inSlot === null) {
    return true;
  }
  const isWhole = takeHome(paths, inSlot);
  rmSync(linkToBe(paths), { force: true });
  return isWhole;
}

/** Moves the home of a run into a slot. A link tells where it is from before it is moved until it is back. */
export function lendHome(paths: RunPaths, inSlot: string): void {
  const link = linkToBe(paths);
  rmSync(link, { force: true });
  symlinkSync(linkToHome(paths.directory, inSlot), link);
  using place = new Opened(makePlace(paths.scripts));
  using directory = new Opened(openTrusted(paths.directory));
  moveAway(directory.fd, HOME_NAME, entryAt(place.fd, HOME_NAME));
  renameSync(link, paths.home);
}

/** Moves it from that place to its own, where a link to it may be; may be broken off and repeated. */
function takeHome(paths: Home, inSlot: string): boolean {
  const { home, homeTaken } = paths;
  if (isDirectory(home)) {
    return true;
  }
  takeFrom(inSlot, homeTaken);
  if (finishTaking(paths)) {
    return true;
  }
  rmSync(homeTaken, { force: true });
  rmSync(home, { force: true });
  mkdirSync(join(home, WORK_NAME), { recursive: true });
  return false;
}

/** A link there would be taken for one of ours: what was moved gets its name only when it is seen to be a directory. */
function takeFrom(inSlot: string, homeTaken: string): void {
  try {
    using place = new Opened(openBelow(dirname(inSlot), [rawOf(basename(inSlot))]));
    if (lookAt(place.fd, HOME_NAME)?.isDirectory()) {
      moveAway(place.fd, HOME_NAME, homeTaken);
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) {
      throw error;
    }
  }
  try {
    rmdirSync(inSlot);
  } catch {
    // What is in it, a script of ours or something that the commands have put there, is discarded with it.
  }
}

/** False when there is nothing that was taken. */
function finishTaking({ home, homeTaken }: Home): boolean {
  if (!isDirectory(homeTaken)) {
    return false;
  }
  rmSync(home, { force: true });
  renameSync(homeTaken, home);
  return true;
}

function linkToBe({ directory }: Pick<Home, 'directory'>): string {
  return join(directory, 'home.link');
}

/**
 * The place that a link to a home is about; null where there is no such link, or one that leads out of the directories of
 * clusters, as in a copy of them that was made by something that rewrites links: there it is not ours.
 */
function linkTarget(link: string): string | null {
  if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) {
    return null;
  }
  // <clusters>/<cluster>/runs/<number>/home
  const clusters = resolve(link, '../../../..');
  const target = resolve(dirname(link), readlinkSync(link));
  return target.startsWith(clusters + sep) ? dirname(target) : null;
}

/** An agent may have died when the link was gone and the home was not there yet. */
function findInSlots(clusterDirectory: string, name: string): string | null {
  const slots = join(clusterDirectory, 'slots');
  if (!isDirectory(slots)) {
    return null;
  }
  const paths = readdirSync(slots).map((slot) => join(slots, slot, name));
  return paths.find((place) => isDirectory(place) && isDirectory(join(place, 'home'))) ?? null;
}
