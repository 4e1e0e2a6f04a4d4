import { removeProjectMember } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findManagedProject, removeMember as remove } from '../../db/queries/projects.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';

export const removeMember = ({ database, clock }: PeopleContext) =>
  route(removeProjectMember, async (call) => {
    const { projectId, userId } = call.params;
    await database.write(async (queries) => {
      await findManagedProject(queries, call.caller, projectId);
      await remove(queries, projectId, userId);
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(call.caller).userId,
        subject: `project:${projectId}`,
        verb: 'member_removed',
        detail: { userId },
      });
    });
  });
