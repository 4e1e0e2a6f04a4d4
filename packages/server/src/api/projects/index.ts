import type { Route } from '../../http/route.ts';
import type { PeopleContext } from '../users/keys.ts';
import { addMember, create, list, listMine, removeMember, update } from './projects.ts';

/** The endpoints of projects. */
export function projectRoutes(context: PeopleContext): Route[] {
  return [
    listMine(context),
    list(context),
    create(context),
    update(context),
    addMember(context),
    removeMember(context),
  ];
}
