import { updateProject } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { changeProject, findManagedProject } from '../../db/queries/projects.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { answerProject } from './answer-project.ts';

export const update = ({ database, clock }: PeopleContext) =>
  route(updateProject, async (call) => {
    const { projectId } = call.params;
    const { name, description, isActive } = call.body;
    await database.write(async (queries) => {
      const before = await findManagedProject(queries, call.caller, projectId);
      await changeProject(queries, projectId, {
        name: name ?? before.name,
        description: description ?? before.description,
        is_active: (isActive ?? before.is_active === 1) ? 1 : 0,
      });
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(call.caller).userId,
        subject: `project:${projectId}`,
        verb: 'changed',
        detail: { fields: Object.keys(call.body) },
      });
    });
    return answerProject(database.read, await findManagedProject(database.read, call.caller, projectId));
  });
