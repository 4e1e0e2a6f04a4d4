import { closeSync, constants, copyFile, copyFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ClusterFile, RunInput } from '@quarry/contract';
import { archiveKind } from '../archives/kind.ts';
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
import { type RawName, rawOf } from '../files/raw-name.ts';
import { INLINE_COPY_BYTES } from '../limits.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import { RunFailure } from './failure.ts';
import type { StopSwitch } from './stop-switch.ts';

const copy = promisify(copyFile);
const EXECUTABLE = 0o755;
const HOW = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;

export interface StageOptions {
  /** The work directory, open. */
  work: number;
  token: string;
  limits: Pick<ClusterFile['limits'], 'archiveEntries' | 'archiveExpandedBytes'>;
  snapshot: Snapshot;
  stop: StopSwitch;
  /** A line for the log of the run. */
  note: (text: string) => void;
}

/** Puts the inputs into the work directory and unpacks archives; throws a RunFailure when that cannot be done. */
export async function stageInputs(inputs: RunInput[], options: StageOptions): Promise<void> {
  refuseBadNames(inputs);
  for (const input of inputs) {
    if (options.stop.reason !== null) {
      return;
    }
    await placeInput(input, { directory: options.work, name: rawOf(input.name), ...options });
  }
  await unpackArchives(inputs, options);
}

function refuseBadNames(inputs: RunInput[]): void {
  const seen = new Set<string>();
  for (const { name } of inputs) {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
      throw new RunFailure(
        'input_unsafe',
        `The input ${JSON.stringify(name)} has a name that is no plain file name.`,
        'Rename the file, without slashes, and submit again.',
      );
    }
    if (seen.has(name)) {
      throw new RunFailure(
        'input_conflict',
        `Two inputs are named ${name}; both would be the same file in the work directory.`,
        'Remove one of them from the job, or give it another name.',
      );
    }
    seen.add(name);
  }
}

export interface InputPlace extends Pick<StageOptions, 'token' | 'snapshot' | 'stop'> {
  /** An open directory below the work directory. */
  directory: number;
  name: RawName;
  /** Below the work directory, where that is not the name of the input. */
  relativePath?: string;
}

/** Copies or downloads one input to an open directory, where what is in its way is removed; throws a RunFailure. */
export async function placeInput(input: RunInput, place: InputPlace): Promise<void> {
  const { directory, name, relativePath = input.name, snapshot } = place;
  const fd = (await copyInput(input, place)) ?? (await fetchInput(input, place));
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
async function copyInput(input: RunInput, { directory, name }: InputPlace): Promise<number | null> {
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

async function fetchInput(input: RunInput, { directory, name, token, stop }: InputPlace): Promise<number> {
  const { downloadInput } = await import('./download.ts');
  const fd = createFile(directory, name, EXECUTABLE);
  try {
    await downloadInput(input, fd, { token, stop });
    return fd;
  } catch (error) {
    closeSync(fd);
    removeFile(directory, name);
    throw error;
  }
}

async function unpackArchives(inputs: RunInput[], options: StageOptions): Promise<void> {
  const archives = inputs.filter(({ name, decompress }) => decompress && archiveKind(name) !== null);
  if (archives.length === 0) {
    return;
  }
  const { unpackArchive } = await import('../archives/unpack.ts');
  const taken = new Set(inputs.map(({ name }) => name)).add('process_output.log');
  for (const { name } of archives) {
    if (options.stop.reason !== null) {
      return;
    }
    await unpackArchive(name, { ...options, taken });
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
