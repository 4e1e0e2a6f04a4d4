import { listMyProjects } from '@quarry/contract';
import { listOwnProjects } from '../../db/queries/projects.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { PeopleContext } from '../users/context.ts';
import { ownProjectToWire } from './to-wire.ts';

export const listMine = ({ database }: PeopleContext) =>
  route(listMyProjects, async (call) => {
    const wanted = { isActive: !call.query.closed };
    const projects = await listOwnProjects(database.read, call.caller, wanted);
    return paginate(call, inMemory(projects), ownProjectToWire);
  });
