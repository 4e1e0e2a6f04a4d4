import { type RawName, rawOf } from '../files/raw-name.ts';

/** Where commands work, below the directory of their run; both names are theirs to replace. */
export const WORK_NAMES = [rawOf('home'), rawOf('work')] as const;

/** The same as a path. */
export const WORK_PATH = WORK_NAMES.join('/');

export const [HOME_NAME, WORK_NAME] = WORK_NAMES;

/** A work directory as it is reached without passing through anything that a command can replace. */
export interface WorkDirectory {
  /** Nobody but us can change a name in it. */
  root: string;
  /** The names from there to the work directory. */
  names: readonly RawName[];
  /** The path by which commands know it. */
  path: string;
}

/** Names in the work directory that belong to the agent. */
export const LOG_NAME = 'process_output.log';
export const PID_NAME = '.rescalepid';
