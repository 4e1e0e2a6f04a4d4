import type { Route } from '../../http/route.ts';
import type { SweepsContext } from './context.ts';
import { results } from './results.ts';

/** The endpoints about a sweep as a whole. */
export function sweepRoutes(context: SweepsContext): Route[] {
  return [results(context)];
}
