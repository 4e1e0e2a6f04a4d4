import { existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineFiles } from './machine-files.ts';

export interface RunPlaces {
  directory: string;
  home: string;
  workDirectory: string;
  /** /tmp of a sandboxed command. */
  scratch: string;
  /** The log's true home, out of the command's reach except through the second name below. */
  log: string;
  logInWork: string;
  /** Copies of outputs that cannot be handed over themselves. */
  copies: string;
}

/** The directories of a run, made afresh: what an earlier attempt left there is removed. */
export function makePlaces(
  directory: string,
  { machineFiles, sandboxed }: { machineFiles: MachineFiles; sandboxed: boolean },
): RunPlaces {
  const home = join(directory, 'home');
  const places: RunPlaces = {
    directory,
    home,
    workDirectory: join(home, 'work'),
    scratch: join(directory, 'tmp'),
    log: join(directory, 'process_output.log'),
    logInWork: join(home, 'work', 'process_output.log'),
    copies: join(directory, 'copies'),
  };
  if (existsSync(home) || existsSync(places.log)) {
    for (const path of [home, places.scratch, places.log, places.copies]) {
      rmSync(path, { recursive: true, force: true });
    }
  }
  mkdirSync(directory, { recursive: true });
  mkdirSync(home);
  mkdirSync(places.workDirectory);
  if (sandboxed) {
    mkdirSync(places.scratch);
  }
  machineFiles.place(home);
  return places;
}

/** Gives the log its name in the work directory. An input of that name has to make room; then this is true. */
export function showLogInWork({ log, logInWork }: RunPlaces): boolean {
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
