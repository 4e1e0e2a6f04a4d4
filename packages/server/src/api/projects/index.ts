import type { Route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { addMember } from './add-member.ts';
import { create } from './create.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { listMine } from './list-mine.ts';
import { removeMember } from './remove-member.ts';
import { update } from './update.ts';

/** The endpoints of projects. */
export function projectRoutes(context: PeopleContext): Route[] {
  return [
    listMine(context),
    get(context),
    list(context),
    create(context),
    update(context),
    addMember(context),
    removeMember(context),
  ];
}
