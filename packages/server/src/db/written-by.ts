/**
 * Which version of Quarry has brought a database to its schema. It stands in the header of the file, which every version
 * can read, so that one that does not know the schema can still say whose it is.
 */
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const SHAPE = /^(\d+)\.(\d+)\.(\d+)/;
const LARGEST = 999;

/** Null where no version has said so. */
export async function readWriter(queries: Kysely<Tables>): Promise<string | null> {
  const { rows } = await sql<{ user_version: number }>`PRAGMA user_version`.execute(queries);
  return toVersion(rows[0]?.user_version ?? 0);
}

/** Remembers that this version has written here, unless a later one has. */
export async function rememberWriter(queries: Kysely<Tables>, version: string): Promise<void> {
  const { rows } = await sql<{ user_version: number }>`PRAGMA user_version`.execute(queries);
  const number = toNumber(version);
  if (number > (rows[0]?.user_version ?? 0)) {
    await sql`PRAGMA user_version = ${sql.lit(number)}`.execute(queries);
  }
}

/** Versions as numbers of the same order: 1.2.3 is 1002003. */
export function toNumber(version: string): number {
  const [, ...parts] = SHAPE.exec(version) ?? [];
  if (parts.length === 0 || parts.some((part) => Number(part) > LARGEST)) {
    return 0;
  }
  return parts.reduce((number, part) => number * (LARGEST + 1) + Number(part), 0);
}

export function toVersion(number: number): string | null {
  if (number <= 0) {
    return null;
  }
  const [major, minor, patch] = [Math.floor(number / 1e6), Math.floor(number / 1e3) % 1000, number % 1000];
  return `${major}.${minor}.${patch}`;
}
