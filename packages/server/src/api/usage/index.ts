import type { Route } from '../../http/route.ts';
import { show, type UsageContext } from './show.ts';

/** What was used and what it cost. */
export function usageRoutes(context: UsageContext): Route[] {
  return [show(context)];
}
