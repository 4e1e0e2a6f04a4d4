import { chmodSync, constants, copyFile, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterFile, RunInput } from '@quarry/contract';
import { archiveKind } from '../archives/kind.ts';
import { INLINE_COPY_BYTES } from '../limits.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import { RunFailure } from './failure.ts';
import type { StopSwitch } from './stop-switch.ts';

const copy = promisify(copyFile);
const EXECUTABLE = 0o755;
/** As something new: never through a link that a command has put there. */
const HOW = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;

export interface StageOptions {
  workDirectory: string;
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
    const target = join(options.workDirectory, input.name);
    await placeInput(input, target, options);
    chmodSync(target, EXECUTABLE);
    options.snapshot.record(input.name, target, input.sha512);
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

/** Copies or downloads one input to where nothing is yet; throws a RunFailure. */
export async function placeInput(
  input: RunInput,
  target: string | Buffer,
  { token, stop }: Pick<StageOptions, 'token' | 'stop'>,
): Promise<void> {
  if (input.path !== null) {
    try {
      if (input.sizeBytes <= INLINE_COPY_BYTES) {
        copyFileSync(input.path, target, HOW);
      } else {
        await copy(input.path, target, HOW);
      }
      return;
    } catch (error) {
      if (!isNotHere(error)) {
        throw cannotPlace(input, (error as Error).message, error);
      }
    }
  }
  const { downloadInput } = await import('./download.ts');
  await downloadInput(input, target, { token, stop });
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
