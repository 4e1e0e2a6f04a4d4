import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import { findUsableProjects } from './find-site.ts';

/** A user with their workspace and the projects they may use; refuses with 404 when there is none. */
export async function findUser(queries: Queries, userId: string) {
  const user = await queries.selectFrom('users').where('id', '=', userId).selectAll().executeTakeFirst();
  if (!user) {
    throw notFound(`There is no user "${userId}".`);
  }
  const workspace = await queries
    .selectFrom('workspaces')
    .where('id', '=', user.workspace_id)
    .selectAll()
    .executeTakeFirstOrThrow();
  const projects = await findUsableProjects(queries, { userId: user.id, role: user.role });
  return { user, workspace, projects };
}
