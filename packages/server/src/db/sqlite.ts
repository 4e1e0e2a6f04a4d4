import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

const CACHED_STATEMENTS = 500;

/** Opens a SQLite file for durable, concurrent use: WAL, every commit synced to disk. */
export function openSqliteFile(path: string, mode: 'write' | 'read'): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: false, enableForeignKeyConstraints: true });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    PRAGMA cache_size = -16000;
    PRAGMA temp_store = MEMORY;
    ${mode === 'read' ? 'PRAGMA query_only = ON;' : ''}
  `);
  return database;
}

/** Shows a `node:sqlite` connection to Kysely's SQLite dialect, preparing each distinct statement once. */
export function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      if (statements.size >= CACHED_STATEMENTS) statements.delete(statements.keys().next().value!);
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
