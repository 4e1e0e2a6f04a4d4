import { realpathSync } from 'node:fs';
import type { DeviceInput, StorageDeviceMount } from '@quarry/contract';
import { archiveKind } from '../archives/kind.ts';
import { copyInto } from '../files/copy-file.ts';
import { TreeCursor } from '../files/cursor.ts';
import {
  clearTheWay,
  hasCode,
  makeDirectory,
  Opened,
  openAgain,
  openDirectory,
  openEntry,
  reasonOf,
  setMode,
  statOf,
} from '../files/door.ts';
import { followPath, partsOf } from '../files/follow-link.ts';
import { nameOf, type RawName, rawOf } from '../files/raw-name.ts';
import { RunFailure } from '../runs/failure.ts';
import type { StageOptions } from '../runs/stage.ts';
import { mountPointOf } from './devices.ts';

const EXECUTABLE = 0o755;

export interface DeviceInputOptions extends StageOptions {
  devices: readonly StorageDeviceMount[];
  /** Names of the other inputs. */
  taken: readonly string[];
}

/** Copies files from storage devices into the work directory, and unpacks archives there; throws a RunFailure where that cannot be done. */
export async function copyDeviceInputs(
  inputs: readonly DeviceInput[],
  options: DeviceInputOptions,
): Promise<void> {
  const taken = new Set(options.taken);
  for (const input of inputs) {
    if (input.outputPath === '' && taken.has(input.name)) {
      throw new RunFailure(
        'input_conflict',
        `Two inputs are named ${input.name}; both would be the same file in the work directory.`,
        'Remove one of them from the job, or give the one on the storage device another name or output path.',
      );
    }
    if (input.outputPath === '') {
      taken.add(input.name);
    }
  }
  for (const input of inputs) {
    if (options.stop.reason !== null) {
      return;
    }
    await copyOne(input, options);
  }
  const { unpackArchive } = await import('../archives/unpack.ts');
  taken.add('process_output.log');
  for (const { name, decompress, outputPath } of inputs) {
    if (options.stop.reason === null && decompress && outputPath === '' && archiveKind(name) !== null) {
      await unpackArchive(name, { ...options, taken });
    }
  }
}

async function copyOne(input: DeviceInput, options: DeviceInputOptions): Promise<void> {
  const { work, snapshot, stop } = options;
  const breaking = new AbortController();
  const unlisten = stop.onRequest(() => breaking.abort(new Error('the run is being stopped')));
  try {
    using source = new Opened(openSource(input, options.devices));
    using directory = new Opened(enterOutput(work, partsOf(rawOf(input.outputPath)), snapshot.own));
    const name = rawOf(input.name);
    await copyNew(source.fd, directory.fd, name, breaking.signal);
    using copy = new Opened(openEntry(directory.fd, name));
    setMode(copy.fd, EXECUTABLE);
    snapshot.record([input.outputPath, input.name].filter(Boolean).join('/'), copy.fd, null);
  } catch (error) {
    throw error instanceof RunFailure ? error : unavailable(input, reasonOf(error), error);
  } finally {
    unlisten();
  }
}

/** Opens the file for reading, links followed inside of the device. */
function openSource(input: DeviceInput, devices: readonly StorageDeviceMount[]): number {
  const device = devices.find(({ id }) => id === input.deviceId);
  if (device === undefined) {
    throw new Error('the job does not have this storage device');
  }
  const root = realpathSync(device.path);
  using cursor = new TreeCursor(root, { access: 0 });
  const paths = [rawOf(root), rawOf(mountPointOf(device.id))] as [RawName, RawName];
  const path = input.sourcePath.split('/').filter(Boolean).map(nameOf).join('/') as RawName;
  const found = followPath({ cursor, root: [], paths }, [], path);
  if (found.kind === 'directory') {
    throw new Error('it is a directory; pack it into an archive');
  }
  if (found.kind !== 'other') {
    throw new Error('there is no such file');
  }
  using entry = new Opened(openEntry(cursor.fd, found.name));
  if (!statOf(entry.fd).isFile()) {
    throw new Error('it is not a file');
  }
  return openAgain(entry.fd);
}

/** Opens a directory below the work directory, where what is missing is made; none of them may be a link. */
function enterOutput(work: number, names: readonly RawName[], own: (fd: number) => void): number {
  let fd = openDirectory(work, '.' as RawName);
  for (const name of names) {
    using above = new Opened(fd);
    fd = openOrMake(above.fd, name, own);
  }
  return fd;
}

function openOrMake(above: number, name: RawName, own: (fd: number) => void): number {
  try {
    return openDirectory(above, name);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
  }
  const fd = makeDirectory(above, name);
  own(fd);
  return fd;
}

/** As something new, where what is in its way is removed. */
async function copyNew(source: number, directory: number, name: RawName, signal: AbortSignal): Promise<void> {
  for (let obstacles = 0; ; obstacles += 1) {
    try {
      return await copyInto(source, directory, name, { signal });
    } catch (error) {
      clearTheWay(error, directory, name, obstacles);
    }
  }
}

function unavailable({ deviceId, sourcePath }: DeviceInput, words: string, cause: unknown): RunFailure {
  return new RunFailure(
    'input_unavailable',
    `The input ${sourcePath} could not be copied from the storage device ${deviceId}: ${words}.`,
    'Look what lies there (quarry storage ls), and put it there before the job is submitted.',
    { cause },
  );
}
