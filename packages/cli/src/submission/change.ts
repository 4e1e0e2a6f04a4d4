import type { Job, JobDefinition } from '@quarry/sdk';
import { usageError } from '../errors.ts';
import { HOURS_FORMS, readHours } from '../hours.ts';
import type { UploadedInput } from './send.ts';

type Tile = Job['jobanalyses'][number];
type Change = Pick<JobDefinition, 'jobanalyses'>;

const ENVIRONMENT = 'env.';

/** How a value of each key changes a tile. */
const KEYS: Record<string, (tile: Tile, value: string) => Tile> = {
  command: (tile, command) => ({ ...tile, command }),
  walltime: (tile, value) => withHardware(tile, { walltime: hoursOf(value) }),
  cores: (tile, value) => withHardware(tile, { coresPerSlot: wholeNumber('cores', value) }),
  coreType: (tile, coreType) => withHardware(tile, { coreType }),
};

/** The tiles of a job with other values, given as `key=value`; the platform takes them as it has sent them. */
export function changeOf(job: Pick<Job, 'jobanalyses'>, settings: readonly string[]): Change {
  let tiles = job.jobanalyses;
  for (const setting of settings) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (key === undefined || value === undefined) {
      throw usageError(`--set takes key=value, not "${setting}".`);
    }
    tiles = tiles.map((tile) => changeTile(tile, key, value));
  }
  return { jobanalyses: tiles as unknown as Change['jobanalyses'] };
}

/** Adds input files, which all tiles find in their directory; each takes the place of what has its name. */
export function withInputs(
  { jobanalyses: [first, ...others] }: Change,
  inputs: readonly UploadedInput[],
): Change {
  const isReplaced = (file: object) => 'name' in file && inputs.some(({ name }) => name === file.name);
  const without = (tile: Change['jobanalyses'][number]) => ({
    ...tile,
    inputFiles: (tile.inputFiles ?? []).filter((file) => !isReplaced(file)),
  });
  const changed = without(first!);
  const added = inputs.map(({ reference }) => reference);
  return {
    jobanalyses: [{ ...changed, inputFiles: [...changed.inputFiles, ...added] }, ...others.map(without)],
  };
}

function changeTile(tile: Tile, key: string, value: string): Tile {
  if (key.startsWith(ENVIRONMENT) && key.length > ENVIRONMENT.length) {
    return { ...tile, envVars: { ...tile.envVars, [key.slice(ENVIRONMENT.length)]: value } };
  }
  const change = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (change === undefined) {
    throw usageError(`--set knows ${Object.keys(KEYS).join(', ')} and env.NAME, not "${key}".`);
  }
  return change(tile, value);
}

function withHardware(tile: Tile, hardware: Partial<Tile['hardware']>): Tile {
  return { ...tile, hardware: { ...tile.hardware, ...hardware } };
}

function hoursOf(value: string): number {
  const hours = readHours(value);
  if (hours === undefined) {
    throw usageError(`--set walltime takes ${HOURS_FORMS}, not "${value}".`);
  }
  return hours;
}

function wholeNumber(key: string, value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 1) {
    throw usageError(`--set ${key} takes a whole number of at least 1, not "${value}".`);
  }
  return number;
}
