import { readFile } from 'node:fs/promises';
import { howToRestore, readableTables } from '../db/damage.ts';
import type { DataPaths } from '../start/paths.ts';
import { openStorage } from '../storage/registry.ts';
import { type Check, failed, ok, some } from './check.ts';

/** What is wrong with a damaged database, and what is left: of it, and in the store beside it. */
export async function checkDamaged(paths: DataPaths, problems: string[]): Promise<Check[]> {
  const tables = readableTables(paths.database);
  const whole = tables.filter(({ isWhole }) => isWhole).map(({ table, rows }) => `${table} (${rows} rows)`);
  const broken = tables
    .filter(({ isWhole }) => !isWhole)
    .map(({ table, rows }) => `${table} (${rows} rows before the damage)`);
  const readable = [
    ...(whole.length > 0 ? [`Whole are ${whole.join(', ')}.`] : []),
    ...(broken.length > 0 ? [`Damaged are ${broken.join(', ')}.`] : []),
  ];
  return [
    failed(
      'database',
      `damaged: ${some(problems)}. ${readable.join(' ') || 'Nothing of it can be read.'}`,
      howToRestore(paths.database),
      problems,
    ),
    await countStore(paths.data),
  ];
}

/** The bytes of files do not depend on the database: what is there can be given their names again. */
async function countStore(data: string): Promise<Check> {
  const storage = await openStorage({ kind: 'fs', directory: data });
  let [blobs, bytes] = [0, 0];
  try {
    for await (const { sizeBytes } of storage.list()) {
      blobs += 1;
      bytes += sizeBytes;
    }
  } finally {
    await storage.close();
  }
  return ok('store', `${blobs} contents, ${bytes} bytes, are there, named by their SHA-512`);
}

/** What the last start of the server found, in words behind a result. */
export async function lastCheck(path: string): Promise<string> {
  try {
    const { at, problems } = JSON.parse(await readFile(path, 'utf8')) as {
      at: string;
      problems: string[] | null;
    };
    if (problems === null) {
      return '; the server could not find it out at its last start';
    }
    const found =
      problems.length === 0 ? 'so did the server find it' : `the server found damage (${some(problems)})`;
    return `; ${found} at ${at}`;
  } catch {
    return '';
  }
}
