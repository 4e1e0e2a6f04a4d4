import type { Route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { create } from './create.ts';
import { list } from './list.ts';
import { revoke } from './revoke.ts';

/** The endpoints of API keys. */
export function keyRoutes(context: PeopleContext): Route[] {
  return [list(context), create(context), revoke(context)];
}
