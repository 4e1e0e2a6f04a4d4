import { createProject } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { insertProject } from '../../db/queries/projects.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import type { ProjectRow } from '../../db/tables.ts';
import { route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import type { PeopleContext } from '../users/context.ts';
import { answerProject } from './answer-project.ts';

export const create = ({ database, clock }: PeopleContext) =>
  route(createProject, async (call) => {
    const { userId: actorId, workspaceId } = person(call.caller);
    const { name, description } = call.body;
    const [id, at] = [newId(), clock.now()];
    const row: ProjectRow = {
      id,
      workspace_id: workspaceId,
      name,
      description,
      is_default: 0,
      is_active: 1,
      date_inserted: at,
    };
    await database.write(async (queries) => {
      await insertProject(queries, row);
      await recordEvent(queries, {
        at,
        actorId,
        subject: `project:${id}`,
        verb: 'created',
        detail: { name },
      });
    });
    return answerProject(database.read, row);
  });
