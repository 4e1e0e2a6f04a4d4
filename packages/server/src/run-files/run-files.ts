/**
 * The files of runs while these execute: what the server needs to be told of them, whoever tells it. `direct.ts` looks by
 * itself, on a disk that server and agent share; `asked.ts` asks the agent. Paths are those of clients, relative to the work
 * directory, `/` between names; what leaves the work directory, also through links, is not there.
 */
import type { TreeBounds } from '@quarry/agent/files/list-tree';
import type { RunPlace } from '../db/queries/find-runs.ts';
import { LIMITS } from '../limits.ts';
import { notFound, refused } from '../problems.ts';

export interface RunFiles {
  /** What lies in the work directory, as much as the limits allow, in no order. */
  list(place: RunPlace): Promise<Listing>;
  /** Opens a file; refuses as `notFound` what is not there, and as `refused` what is no file. Whoever opens closes. */
  open(place: RunPlace, path: string): Promise<RunFile>;
  /**
   * Whether the commands of the run are over: then its files are on their way to where the outputs of runs are kept, and
   * one that is not there any more will be found there.
   */
  isCollected(place: RunPlace): Promise<boolean>;
}

export type EntryType = 'file' | 'directory' | 'link' | 'other';

export interface ListedEntry {
  path: string;
  type: EntryType;
  sizeBytes: number;
  /** Null where nobody knows. */
  modifiedAt: Date | null;
}

export interface Listing {
  entries: ListedEntry[];
  /** False when there would have been more. */
  isWhole: boolean;
}

/** A file that is open for reading; commands may be writing to it. */
export interface RunFile {
  /** Where it is, links followed, as commands know it. */
  readonly path: string;
  /** How far it is now. Given what is known, a look that is costly may take a moment while there is nothing else. */
  look(known?: FileLook): Promise<FileLook>;
  /** Fills `into` from `position` on; answers the number of bytes, fewer only where the file ends. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface FileLook {
  sizeBytes: number;
  /** Another one when the content may have changed; compared only. */
  stamp: string;
  /** Another one when it is another file; compared only. */
  identity: string;
}

/** As much of a work directory as is listed. */
export const LISTED: TreeBounds = {
  entries: LIMITS.directoryWalk,
  files: LIMITS.directoryEntries,
  pathBytes: LIMITS.directoryPathBytes,
};

export function missing(name: string) {
  return notFound(
    `There is no file "${name}" in the work directory of this run now.`,
    'Names are relative to the work directory, and case-sensitive. What is there: directory-contents/ of the run, or `quarry runs files JOB RUN --live`.',
  );
}

export function notFile(name: string) {
  return refused(`"${name}" is not a file.`, { code: 'not_a_file', hint: 'See directory-contents/.' });
}
