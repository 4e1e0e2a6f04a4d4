import type { ClusterFile, RestoredFile, RunInput } from '@quarry/contract';
import { archiveKind } from '../archives/kind.ts';
import { rawOf } from '../files/raw-name.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import { RunFailure } from './failure.ts';
import type { InputSource } from './input-source.ts';
import { placeInput } from './place-input.ts';
import type { StopSwitch } from './stop-switch.ts';
import { LOG_NAME } from './work-names.ts';

export interface StageOptions {
  /** The work directory, open. */
  work: number;
  /** What the run goes on from, and its directory, where no command reaches. */
  restored?: { files: readonly RestoredFile[]; directory: string };
  source: InputSource;
  limits: Pick<ClusterFile['limits'], 'archiveEntries' | 'archiveExpandedBytes'>;
  snapshot: Snapshot;
  stop: StopSwitch;
  /** A line for the log of the run. */
  note: (text: string) => void;
}

/**
 * Puts the inputs into the work directory and unpacks archives, then what the run goes on from, and then the inputs that are to
 * replace something of it; throws a RunFailure when that cannot be done.
 */
export async function stageInputs(inputs: RunInput[], options: StageOptions): Promise<void> {
  refuseBadNames(inputs);
  const taken = new Set(inputs.map(({ name }) => name)).add(LOG_NAME);
  await stagePart(
    inputs.filter(({ replacesRestored }) => !replacesRestored),
    taken,
    options,
  );
  const { restored } = options;
  if (restored && restored.files.length > 0 && options.stop.reason === null) {
    const { restoreFiles } = await import('./restore.ts');
    await restoreFiles(restored, options);
  }
  await stagePart(
    inputs.filter(({ replacesRestored }) => replacesRestored),
    taken,
    options,
  );
}

async function stagePart(
  inputs: readonly RunInput[],
  taken: Set<string>,
  options: StageOptions,
): Promise<void> {
  for (const input of inputs) {
    if (options.stop.reason !== null) {
      return;
    }
    await placeInput(input, { directory: options.work, name: rawOf(input.name), ...options });
  }
  await unpackArchives(inputs, taken, options);
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

async function unpackArchives(
  inputs: readonly RunInput[],
  taken: Set<string>,
  options: StageOptions,
): Promise<void> {
  const archives = inputs.filter(({ name, decompress }) => decompress && archiveKind(name) !== null);
  if (archives.length === 0) {
    return;
  }
  const { unpackArchive } = await import('../archives/unpack.ts');
  for (const { name } of archives) {
    if (options.stop.reason !== null) {
      return;
    }
    await unpackArchive(name, { ...options, taken });
  }
}
