import { DatabaseSync } from 'node:sqlite';

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** True for what SQLite says of a file that is not as it was written. */
export function meansDamaged(error: unknown): boolean {
  const { errcode, cause } = (error ?? {}) as { errcode?: number; cause?: unknown };
  if (errcode !== undefined && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(errcode & 0xff)) {
    return true;
  }
  return cause !== undefined && cause !== error && meansDamaged(cause);
}

/** What to do about a damaged database, in words for whoever runs the platform. */
export function howToRestore(path: string): string {
  return `Stop the server and put ${path}, ${path}-wal and ${path}-shm aside. Then restore the data directory from a backup; or save what can be read with: sqlite3 ${path} .recover | sqlite3 recovered.db`;
}

/** The database cannot be used; nothing was changed in it. */
export class DatabaseDamagedError extends Error {
  override readonly name = 'DatabaseDamagedError';

  constructor(path: string, what: string, options?: ErrorOptions) {
    super(
      `The database ${path} is damaged: ${what}. Nothing was changed, and the bytes of files lie in blobs/ as before. ${howToRestore(path)}. "quarry doctor --data …" says what of it can be read.`,
      options,
    );
  }
}

/** Of a table, how many rows can be read, and whether those are all. */
export interface Readable {
  table: string;
  rows: number;
  isWhole: boolean;
}

/** What can still be read of a damaged database; empty when not even its tables are known. */
export function readableTables(path: string): Readable[] {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { readOnly: true });
  } catch {
    return [];
  }
  try {
    return tablesOf(database).map((table) => ({ table, ...countRows(database, table) }));
  } catch {
    return [];
  } finally {
    database.close();
  }
}

/** Tables of the platform, in the order in which they were made. */
export function tablesOf(database: DatabaseSync): string[] {
  const rows = database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rootpage`,
    )
    .all() as Array<{ name: string }>;
  return rows.map(({ name }) => name);
}

/** Row by row, from the table itself and not from an index: as far as it goes. */
function countRows(database: DatabaseSync, table: string): { rows: number; isWhole: boolean } {
  let rows = 0;
  try {
    for (const _ of database.prepare(`SELECT * FROM ${quoted(table)} NOT INDEXED`).iterate()) {
      rows += 1;
    }
    return { rows, isWhole: true };
  } catch {
    return { rows, isWhole: false };
  }
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
