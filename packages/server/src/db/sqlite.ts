import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

const CACHED_STATEMENTS = 500;
/** KiB of pages in the memory of a connection at first: a start looks at everything once, which is not worth keeping. */
const FIRST_CACHE_KIB = 2000;
/** And once the start is over. */
const CACHE_KIB = 16_000;

/** Opens a SQLite file for durable, concurrent use: WAL, every commit synced to disk. */
export function openSqliteFile(path: string, mode: 'write' | 'read'): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: false, enableForeignKeyConstraints: true });
  // First how long to wait for others, such as the doctor, or a look at the database by a server that was killed.
  database.exec(`
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -${FIRST_CACHE_KIB};
    PRAGMA temp_store = MEMORY;
    ${mode === 'read' ? 'PRAGMA query_only = ON;' : ''}
  `);
  return database;
}

/** Gives back the pages that a connection holds in memory; from now on it may hold as many as work needs. */
export function releasePages(database: DatabaseSync): void {
  database.exec(`PRAGMA shrink_memory; PRAGMA cache_size = -${CACHE_KIB}`);
}

/** Shows a `node:sqlite` connection to Kysely's SQLite dialect, preparing each distinct statement once. */
export function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) {
        return known;
      }
      if (statements.size >= CACHED_STATEMENTS) {
        statements.delete(statements.keys().next().value!);
      }
      const prepared = kyselyStatement(database.prepare(sql));
      statements.set(sql, prepared);
      return prepared;
    },
  };
}

function kyselyStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}
