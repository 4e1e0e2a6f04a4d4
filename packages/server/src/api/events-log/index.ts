import type { Database } from '../../db/database.ts';
import type { Route } from '../../http/route.ts';
import { list } from './list.ts';

/** The log of who did what, for administrators. */
export function eventsLogRoutes(context: { database: Database }): Route[] {
  return [list(context)];
}
