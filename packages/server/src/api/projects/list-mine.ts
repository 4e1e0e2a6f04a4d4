import { listMyProjects } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findUsableProjects } from '../../db/queries/find-site.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { PeopleContext } from '../users/context.ts';
import { ownProjectToWire } from './to-wire.ts';

export const listMine = ({ database }: PeopleContext) =>
  route(listMyProjects, async (call) => {
    const projects = await findUsableProjects(database.read, person(call.caller));
    return paginate(call, inMemory(projects), ownProjectToWire);
  });
