/** Brings one file to the work directory, by a copy where the server's files can be seen, else by a download. */
import { closeSync, constants, copyFile, copyFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { RunInput } from '@quarry/contract';
import {
  clearTheWay,
  createFile,
  entryAt,
  openEntry,
  reasonOf,
  removeFile,
  setMode,
  statOf,
} from '../files/door.ts';
import type { RawName } from '../files/raw-name.ts';
import { INLINE_COPY_BYTES } from '../limits.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import { RunFailure } from './failure.ts';
import type { InputSource } from './input-source.ts';
import type { StopSwitch } from './stop-switch.ts';

const copy = promisify(copyFile);
const EXECUTABLE = 0o755;
const HOW = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;

/** Where a file is brought to. */
export interface FilePlace {
  source: InputSource;
  stop: StopSwitch;
  /** An open directory. */
  directory: number;
  name: RawName;
}

export interface InputPlace extends FilePlace {
  /** Below the work directory, where that is not the name of the input. */
  relativePath?: string;
  snapshot: Snapshot;
}

/** Copies or downloads a file to an open directory, where what is in its way is removed, and opens it; throws a RunFailure. */
export async function bringFile(input: RunInput, place: FilePlace): Promise<number> {
  const path = input.path ?? (await place.source.keep(input, place.stop));
  return (await copyInput({ ...input, path }, place)) ?? (await fetchInput(input, place));
}

/** Copies or downloads one input to an open directory, where what is in its way is removed; throws a RunFailure. */
export async function placeInput(input: RunInput, place: InputPlace): Promise<void> {
  const { directory, name, relativePath = input.name, snapshot } = place;
  const fd = await bringFile(input, place);
  try {
    setMode(fd, EXECUTABLE);
    snapshot.record(relativePath, fd, input.sha512);
  } catch (error) {
    removeFile(directory, name);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Copies the file of the server and opens the copy to look at; null where it cannot be seen from here. */
async function copyInput(input: RunInput, { directory, name }: FilePlace): Promise<number | null> {
  if (input.path === null) {
    return null;
  }
  try {
    await copyNew(input.path, input.sizeBytes, directory, name);
    return openCopy(directory, name);
  } catch (error) {
    if (isNotHere(error)) {
      return null;
    }
    throw cannotPlace(input, reasonOf(error), error);
  }
}

/** Never through a link: as something new, where what is in its way is removed. */
async function copyNew(path: string, sizeBytes: number, directory: number, name: RawName): Promise<void> {
  const target = entryAt(directory, name);
  for (let obstacles = 0; ; obstacles += 1) {
    try {
      if (sizeBytes <= INLINE_COPY_BYTES) {
        copyFileSync(path, target, HOW);
      } else {
        await copy(path, target, HOW);
      }
      return;
    } catch (error) {
      clearTheWay(error, directory, name, obstacles);
    }
  }
}

/** Opens what has just been made by its name; refuses anything else that a command may have put there since. */
function openCopy(directory: number, name: RawName): number {
  const fd = openEntry(directory, name);
  const stats = statOf(fd);
  // Of what is ours a command can put only files in its place that have another name, such as the log.
  if (stats.isFile() && stats.nlink <= 1n) {
    return fd;
  }
  closeSync(fd);
  throw new Error('something else was put in its place');
}

async function fetchInput(input: RunInput, { directory, name, source, stop }: FilePlace): Promise<number> {
  const { downloadInput } = await import('./download.ts');
  const fd = createFile(directory, name, EXECUTABLE);
  try {
    await downloadInput(input, fd, { source, stop });
    return fd;
  } catch (error) {
    closeSync(fd);
    removeFile(directory, name);
    throw error;
  }
}

/** The server's files are elsewhere after all, where this host cannot see them: it has to be asked. */
export function isNotHere(error: unknown): boolean {
  return ['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function cannotPlace(input: RunInput, words: string, cause: unknown): RunFailure {
  return new RunFailure(
    'input_unavailable',
    `The input ${input.name} could not be copied into the work directory: ${words}.`,
    "Check that the disk of the cluster's directory has room for the inputs.",
    { cause },
  );
}
