/**
 * Homes of runs that an agent which died has left in slots. While a run executes its home lies in its slot, and the run's
 * directory has a link to it; no job can change that directory.
 */
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { moveAway } from '../slots/clear-directory.ts';
import { isDirectory, type RunPaths, takeHome } from './run-paths.ts';

type Home = Pick<RunPaths, 'directory' | 'home'>;

/**
 * Brings the home of a run into its directory, from wherever an agent left it; `clusterDirectory` is that of the agent.
 * False when commands have put something else in its place: then it is empty. May be broken off and repeated.
 */
export function recoverHome(paths: Home, clusterDirectory: string | null): boolean {
  const { directory, home } = paths;
  if (isDirectory(home)) {
    return true;
  }
  const inSlot =
    (clusterDirectory === null ? null : findInSlots(clusterDirectory, basename(directory))) ??
    linkTarget(home) ??
    linkTarget(linkToBe(paths));
  if (inSlot === null) {
    return true;
  }
  const isWhole = takeHome(home, inSlot);
  rmSync(linkToBe(paths), { force: true });
  return isWhole;
}

/** Moves the home of a run into a slot. A link tells where it is from before it is moved until it is back. */
export function lendHome(paths: Home, inSlot: string): void {
  const link = linkToBe(paths);
  rmSync(link, { force: true });
  symlinkSync(join(inSlot, 'home'), link);
  mkdirSync(inSlot, { recursive: true });
  moveAway(paths.home, join(inSlot, 'home'));
  renameSync(link, paths.home);
}

function linkToBe({ directory }: Home): string {
  return join(directory, 'home.link');
}

/** The place that a link to a home is about; null where there is no such link. */
function linkTarget(link: string): string | null {
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? dirname(readlinkSync(link)) : null;
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
