import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What queries run on: for reading, or inside a write. */
export type Queries = Kysely<Tables>;

export interface WriteOptions {
  /** For what records the end of work or frees space: on a full disk it may use the space set aside for it. */
  mayUseReserve?: boolean;
}

/**
 * The database of the platform. Reads see only what is committed and durable. Writes that are asked for in
 * the same turn of the event loop share one transaction and one sync to disk; each still fails alone.
 */
export interface Database extends AsyncDisposable {
  readonly read: Queries;
  /**
   * Runs `work` in a transaction and resolves once it is durable. `work` must not wait for anything but queries
   * (a long one lets the event loop turn between them), and may run a second time when the disk was full the first time.
   */
  write<Result>(work: (queries: Queries) => Promise<Result>, options?: WriteOptions): Promise<Result>;
  /** Gives back memory that only makes later queries faster. */
  releaseMemory(): void;
}
