import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { usageError } from '../errors.ts';
import { HOURS_FORMS, readHours } from '../hours.ts';
import type { InputStream } from '../io.ts';
import type { DraftJob, DraftTile, LocalInput } from './draft.ts';

type Fields = Record<string, unknown>;

/**
 * A job described by the JSON that `POST jobs/` takes, read from a file or from standard input for `-`. Beyond the
 * wire, `inputFiles` may name files of this machine as `{"path": …}`, relative to the definition's own folder, and
 * hardware may leave out the core type and the cores.
 */
export async function draftFromDefinition(path: string, stdin: InputStream): Promise<DraftJob> {
  const source = path === '-' ? 'standard input' : path;
  const folder = path === '-' ? '' : dirname(path);
  const whole = readObject(await readJson(path, source, stdin), source);
  const { jobanalyses, ...definition } = whole;
  if (!Array.isArray(jobanalyses) || jobanalyses.length === 0) {
    throw usageError(
      `${source} has no "jobanalyses".`,
      'A definition is {"name":…,"jobanalyses":[{"analysis":{"code":…},"command":…,"hardware":{…}}]}.',
    );
  }
  const tiles = jobanalyses.map((tile: unknown, index) =>
    readTile(readObject(tile, `jobanalyses[${index}] of ${source}`), folder, source),
  );
  return { definition, tiles, warnings: [] };
}

async function readJson(path: string, source: string, stdin: InputStream): Promise<unknown> {
  const text = path === '-' ? await readAll(stdin) : await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${source} is not JSON: ${(error as Error).message}.`);
  }
}

/** Everything that a stream holds, as text. */
export async function readAll(stdin: InputStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readTile(fields: Fields, folder: string, source: string): DraftTile {
  const { hardware, inputFiles, ...rest } = fields;
  const { coreType, coresPerSlot, slots, walltime } = readObject(hardware ?? {}, `"hardware" in ${source}`);
  const localInputs: LocalInput[] = [];
  const stored: unknown[] = [];
  for (const input of Array.isArray(inputFiles) ? inputFiles : []) {
    const local = readLocalInput(input, folder);
    if (local) {
      localInputs.push(local);
    } else {
      stored.push(input);
    }
  }
  const tile: DraftTile = {
    definition: { ...(rest as DraftTile['definition']), inputFiles: stored as never },
    localInputs,
  };
  const code = typeof coreType === 'object' && coreType ? (coreType as Fields).code : coreType;
  if (code) {
    tile.coreType = String(code);
  }
  if (isGiven(walltime)) {
    const hours = readHours(String(walltime));
    if (hours === undefined) {
      throw usageError(
        `"walltime" in "hardware" in ${source} takes ${HOURS_FORMS}, not ${JSON.stringify(walltime)}.`,
      );
    }
    tile.walltimeHours = hours;
  }
  const numbers = { cores: coresPerSlot, slots };
  for (const [name, value] of Object.entries(numbers)) {
    if (!isGiven(value)) {
      continue;
    }
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < 1) {
      throw usageError(
        `"hardware" in ${source}: ${JSON.stringify(value)} is not a whole number of at least 1.`,
      );
    }
    Object.assign(tile, { [name]: number });
  }
  return tile;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function readLocalInput(input: unknown, folder: string): LocalInput | undefined {
  if (typeof input !== 'object' || input === null || !('path' in input) || 'id' in input) {
    return undefined;
  }
  const { path, name, decompress } = input as Fields;
  if (typeof path !== 'string' || path === '') {
    throw usageError('A "path" in "inputFiles" is not a text.');
  }
  const local: LocalInput = {
    path: isAbsolute(path) ? path : join(folder, path),
    decompress: decompress !== false,
  };
  if (typeof name === 'string' && name !== '') {
    local.name = name;
  }
  return local;
}

function readObject(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Fields;
  }
  throw usageError(`${what} is not a JSON object.`);
}
