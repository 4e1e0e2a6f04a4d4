import type { Route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { get } from './get.ts';

/** Answers that are fetched later than they were asked for. */
export function taskRoutes(context: JobsContext): Route[] {
  return [get(context)];
}
