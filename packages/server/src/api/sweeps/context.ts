import type { Database } from '../../db/database.ts';

/** What the endpoints about a sweep as a whole are made of. */
export interface SweepsContext {
  database: Database;
}
