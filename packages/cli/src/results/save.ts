/** Writes the results of a sweep as CSV or Parquet: into a file, or for people and pipes to standard output. */
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Quarry, ResultsTable } from '@quarry/sdk';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { writeStream } from '../output/write-stream.ts';
import { isMissing, readResults } from './read.ts';

export type FileFormat = 'csv' | 'parquet';

interface What {
  format: FileFormat;
  columns?: readonly string[];
}

export interface SaveOptions {
  /** True: to standard output. */
  csv: string | true | undefined;
  parquet: string | undefined;
  /** Only these columns, beside that of the run. */
  columns?: readonly string[] | undefined;
}

/** Refuses, before a sweep runs for them, files that could not be written. */
export async function checkSavePlaces({ csv, parquet }: SaveOptions, io: Io): Promise<void> {
  if (csv === true && io.json) {
    throw usageError('--csv and --json would both go to standard output.', 'Name a file: --csv results.csv');
  }
  for (const path of [csv, parquet]) {
    if (typeof path !== 'string') {
      continue;
    }
    if (path === '') {
      throw usageError('The name of the file for the results is empty.');
    }
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) {
      throw usageError(`${path} is a folder, not a file.`, 'Name a file in it.');
    }
    const folder = dirname(path);
    const parent = await stat(folder).catch(() => undefined);
    if (!parent?.isDirectory()) {
      throw usageError(`There is no folder ${folder} for ${path}.`, 'Make it first.');
    }
  }
}

/** Writes what was asked for. True when standard output is taken by it. */
export async function saveResults(
  jobId: string,
  { csv, parquet, columns }: SaveOptions,
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const what = (format: FileFormat) => ({ format, ...(columns === undefined ? {} : { columns }) });
  if (typeof parquet === 'string') {
    await saveTo(parquet, jobId, what('parquet'), sdk, io, signal);
  }
  if (typeof csv === 'string') {
    await saveTo(csv, jobId, what('csv'), sdk, io, signal);
  }
  if (csv !== true) {
    return false;
  }
  await writeStream(await readBytes(jobId, what('csv'), sdk, signal), io, signal);
  return true;
}

/** The file gets its name when it is whole; one that is there is replaced. */
async function saveTo(
  path: string,
  jobId: string,
  what: What,
  sdk: Quarry,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const bytes = await readBytes(jobId, what, sdk, signal);
    await pipeline(bytes, createWriteStream(partial), { signal });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  io.note(`Saved the results as ${path}`);
}

async function readBytes(jobId: string, what: What, sdk: Quarry, signal: AbortSignal): Promise<Readable> {
  try {
    const { body } = await sdk.jobs.downloadResults(jobId, { ...what, signal });
    return body ? Readable.fromWeb(body as never) : Readable.from([]);
  } catch (error) {
    if (what.format !== 'csv' || what.columns !== undefined || !isMissing(error)) {
      throw error;
    }
  }
  return Readable.from([Buffer.from(toCsv(await readResults(sdk, jobId, { signal })))]);
}

/** RFC 4180, as platforms without the call would have to write it. */
function toCsv({ columns, rows }: ResultsTable): string {
  const quote = (cell: unknown) => {
    const text = cell === null || cell === undefined ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(({ name }) => name), ...rows].map((cells) => cells.map(quote).join(','));
  return lines.map((line) => `${line}\r\n`).join('');
}
