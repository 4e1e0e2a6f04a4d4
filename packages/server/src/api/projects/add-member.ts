import { addProjectMember } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { addMember as add, findManagedProject } from '../../db/queries/projects.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { findNamedUserId } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { answerProject } from './answer-project.ts';

export const addMember = ({ database, clock }: PeopleContext) =>
  route(addProjectMember, async (call) => {
    const { projectId } = call.params;
    const { role } = call.body;
    await database.write(async (queries) => {
      await findManagedProject(queries, call.caller, projectId);
      const userId = await findNamedUserId(queries, call.body.userId);
      await add(queries, { projectId, userId, isManager: role === 'manager' });
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(call.caller).userId,
        subject: `project:${projectId}`,
        verb: 'member_added',
        detail: { userId, role },
      });
    });
    return answerProject(database.read, await findManagedProject(database.read, call.caller, projectId));
  });
