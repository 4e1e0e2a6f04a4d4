import type { Route } from '../../http/route.ts';
import { createKey, listKeys, type PeopleContext, revokeKey } from './keys.ts';
import { create, list, me, update } from './users.ts';

/** The endpoints of users and their keys. */
export function userRoutes(context: PeopleContext): Route[] {
  return [
    me(context),
    list(context),
    create(context),
    update(context),
    listKeys(context),
    createKey(context),
    revokeKey(context),
  ];
}
