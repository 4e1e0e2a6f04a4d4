import type { Route } from '../../http/route.ts';
import { type EventsContext, watch } from './watch.ts';

/** What happens to everything that somebody may see. */
export function eventRoutes(context: EventsContext): Route[] {
  return [watch(context)];
}
