import { getProject } from '@quarry/contract';
import { findOwnProject } from '../../db/queries/projects.ts';
import { route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { answerProject } from './answer-project.ts';

export const get = ({ database: { read } }: PeopleContext) =>
  route(getProject, async (call) =>
    answerProject(read, await findOwnProject(read, call.caller, call.params.projectId)),
  );
