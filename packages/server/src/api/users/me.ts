import { getCurrentUser } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { route } from '../../http/route.ts';
import type { PeopleContext } from './context.ts';
import { userToWire } from './to-wire.ts';

export const me = ({ database, maxJobHours }: PeopleContext) =>
  route(getCurrentUser, async (call) => {
    const { user, workspace, projects } = await findUser(database.read, person(call.caller).userId);
    return userToWire(user, { workspace, projects, maxJobHours });
  });
