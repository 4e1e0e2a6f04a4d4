import { listProjects } from '@quarry/contract';
import { listManagedProjects } from '../../db/queries/projects.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { PeopleContext } from '../users/context.ts';
import { answerProject } from './answer-project.ts';

export const list = ({ database: { read } }: PeopleContext) =>
  route(listProjects, async (call) => {
    const projects = await listManagedProjects(read, call.caller, call.query.search);
    const page = await paginate(call, inMemory(projects), (row) => row);
    return { ...page, results: await Promise.all(page.results.map((row) => answerProject(read, row))) };
  });
