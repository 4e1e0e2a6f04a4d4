import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { meansStorageFull } from '../problems.ts';
import { VERSION } from '../version.ts';
import { meansDamaged } from './damage.ts';
import type { Database, Queries, WriteOptions } from './database.ts';
import { migrate } from './migrate.ts';
import { NO_RESERVE, type Reserve } from './reserve.ts';
import { kyselyDatabase, openSqliteFile, releasePages } from './sqlite.ts';
import type { Tables } from './tables.ts';

interface PendingWrite {
  mayUseReserve: boolean;
  work: (queries: Queries) => Promise<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export interface DatabaseOptions {
  reserve?: Reserve;
  /** Called after each transaction that was durable, with how many writes shared it and how long it took. */
  onCommit?: (commit: { writes: number; seconds: number }) => void;
}

/** Opens the embedded database in a file, bringing its schema up to date first. Throws DatabaseNewerError. */
export async function openDatabase(
  path: string,
  { reserve = NO_RESERVE, onCommit }: DatabaseOptions = {},
): Promise<Database> {
  const writing = openSqliteFile(path, 'write');
  const write = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(writing) }) });
  try {
    await migrate(write, VERSION);
  } catch (error) {
    await write.destroy();
    if (writing.isOpen) {
      writing.close();
    }
    throw error;
  }
  const reading = openSqliteFile(path, 'read');
  const read = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(reading) }) });

  let pending: PendingWrite[] = [];
  let draining: Promise<void> | null = null;
  let closed = false;

  async function drain(): Promise<void> {
    while (pending.length > 0) {
      // Requests of the same turn gather here, so that they share one sync to disk.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = pending;
      pending = [];
      await commitTogether(batch);
    }
    draining = null;
  }

  async function commitTogether(batch: PendingWrite[]): Promise<void> {
    const done: Array<() => void> = [];
    const begun = performance.now();
    try {
      writing.exec('BEGIN IMMEDIATE');
      for (const { work, resolve, reject } of batch) {
        // A write of its own needs none, and thousands of rows take a third of the time without: SQLite walks through
        // all that it has set aside for the savepoint after every statement.
        if (batch.length > 1) {
          writing.exec('SAVEPOINT one_write');
        }
        try {
          const result = await work(write);
          if (batch.length > 1) {
            writing.exec('RELEASE one_write');
          }
          done.push(() => resolve(result));
        } catch (error) {
          // A full disk rolls the whole transaction back by itself; then there is no savepoint left.
          if (batch.length === 1 || !writing.isTransaction || meansStorageFull(error)) {
            throw error;
          }
          writing.exec('ROLLBACK TO one_write; RELEASE one_write');
          done.push(() => reject(error));
        }
      }
      writing.exec('COMMIT');
    } catch (error) {
      if (writing.isTransaction) {
        writing.exec('ROLLBACK');
      }
      const urgent = batch.filter(({ mayUseReserve }) => mayUseReserve);
      const retry = urgent.length > 0 && meansStorageFull(error) && reserve.release();
      for (const write of batch) {
        if (!retry || !write.mayUseReserve) {
          write.reject(error);
        }
      }
      if (retry) {
        await commitTogether(urgent);
      }
      return;
    }
    onCommit?.({ writes: batch.length, seconds: (performance.now() - begun) / 1000 });
    for (const resolve of done) {
      resolve();
    }
  }

  return {
    read,
    write<Result>(
      work: (queries: Queries) => Promise<Result>,
      { mayUseReserve = false }: WriteOptions = {},
    ): Promise<Result> {
      if (closed) {
        return Promise.reject(new Error('The database is closed.'));
      }
      return new Promise<Result>((resolve, reject) => {
        pending.push({ mayUseReserve, work, resolve: resolve as (result: unknown) => void, reject });
        draining ??= drain();
      });
    },
    releaseMemory() {
      for (const connection of [reading, writing]) {
        releasePages(connection);
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await draining;
      await read.destroy();
      await write.destroy();
      // One that nobody has asked anything is not closed by that.
      for (const connection of [reading, writing]) {
        if (connection.isOpen) {
          connection.close();
        }
      }
    },
  };
}

/** A database that is only looked at, also beside the server that works on it. */
export interface DatabaseForReading extends AsyncDisposable {
  readonly read: Queries;
  /** Problems in the stored structure, in words; empty when it is sound. */
  check(): string[];
}

/** Opens the embedded database without changing anything in it, its schema included. Throws what SQLite says of a damaged one. */
export function openForReading(path: string): DatabaseForReading {
  const reading = openSqliteFile(path, 'read');
  const read = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(reading) }) });
  return {
    read,
    check() {
      try {
        return findProblems(reading);
      } catch (error) {
        if (!meansDamaged(error)) {
          throw error;
        }
        return [(error as Error).message];
      }
    },
    [Symbol.asyncDispose]: () => read.destroy(),
  };
}

function findProblems(reading: DatabaseSync): string[] {
  const integrity = reading.prepare('PRAGMA integrity_check').all() as Array<{ integrity_check: string }>;
  const foreign = reading.prepare('PRAGMA foreign_key_check').all() as Array<{
    table: string;
    parent: string;
  }>;
  return [
    ...integrity.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...foreign.map((row) => `a row of ${row.table} points to a missing row of ${row.parent}`),
  ];
}
