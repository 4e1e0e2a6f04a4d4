import type { Route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { create } from './create.ts';
import { createLink } from './create-link.ts';
import { end } from './end.ts';
import { list } from './list.ts';
import { revoke } from './revoke.ts';
import { show } from './show.ts';

/** The endpoints of sessions of browsers. */
export function sessionRoutes(context: PeopleContext): Route[] {
  return [create(context), show(context), end(context), createLink(context), list(context), revoke(context)];
}
