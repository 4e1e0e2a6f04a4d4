import { findUser } from '../../db/queries/find-user.ts';
import type { PeopleContext } from './context.ts';
import { managedUserToWire } from './to-wire.ts';

/** The answer for one user, as administrators see them. */
export async function answerUser({ database, maxJobHours }: PeopleContext, userId: string) {
  const { user, workspace, projects } = await findUser(database.read, userId);
  return managedUserToWire(user, { workspace, projects, maxJobHours });
}
