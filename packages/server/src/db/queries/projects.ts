import { sql, type Updateable } from 'kysely';
import { type Caller, person, seesEverything } from '../../access/caller.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { Bit, ProjectRow } from '../tables.ts';
import { containsPattern } from './contains-pattern.ts';

/** A project with what somebody is in it; null for who does not belong to it. */
export type OwnProject = ProjectRow & { is_manager: Bit | null };

/** Projects that the caller manages, in order of name; for administrators all of them. */
function managedBy(queries: Queries, caller: Caller) {
  const all = queries
    .selectFrom('projects')
    .selectAll('projects')
    .orderBy('projects.name')
    .orderBy('projects.id');
  if (seesEverything(caller)) {
    return all;
  }
  return all.where((expression) =>
    expression(
      'projects.id',
      'in',
      queries
        .selectFrom('project_members')
        .where('user_id', '=', person(caller).userId)
        .where('is_manager', '=', 1)
        .select('project_id'),
    ),
  );
}

/** Projects that the caller belongs to, with what they are in each, in order of name; for administrators all of them. */
function projectsOf(queries: Queries, caller: Caller) {
  const { userId } = person(caller);
  const all = queries
    .selectFrom('projects')
    .leftJoin('project_members as own', (join) =>
      join.onRef('own.project_id', '=', 'projects.id').on('own.user_id', '=', userId),
    )
    .selectAll('projects')
    .select('own.is_manager')
    .orderBy('projects.name')
    .orderBy('projects.id');
  return seesEverything(caller) ? all : all.where('own.user_id', 'is not', null);
}

/** The projects that the caller belongs to: those that are open, or those that are closed. */
export function listOwnProjects(
  queries: Queries,
  caller: Caller,
  { isActive }: { isActive: boolean },
): Promise<OwnProject[]> {
  return projectsOf(queries, caller)
    .where('projects.is_active', '=', isActive ? 1 : 0)
    .execute();
}

/** A project that the caller belongs to; refuses when there is none. */
export async function findOwnProject(
  queries: Queries,
  caller: Caller,
  projectId: string,
): Promise<ProjectRow> {
  const row = await projectsOf(queries, caller).where('projects.id', '=', projectId).executeTakeFirst();
  if (!row) {
    throw notFound(`There is no project "${projectId}" that you belong to.`);
  }
  return row;
}

/** Whether something is the caller's own, or of a project that they manage; all is for administrators. */
export async function managesOwned(
  queries: Queries,
  caller: Caller,
  thing: { owner_id: string; project_id: string | null },
): Promise<boolean> {
  const { userId, role } = person(caller);
  if (thing.owner_id === userId || seesEverything(caller)) {
    return true;
  }
  const managed = await queries
    .selectFrom('project_members')
    .where('project_id', '=', thing.project_id)
    .where('user_id', '=', userId)
    .where('is_manager', '=', 1)
    .select('project_id')
    .executeTakeFirst();
  return role !== 'member' && managed !== undefined;
}

/** The projects that the caller manages; of those whose name contains a text. */
export function listManagedProjects(
  queries: Queries,
  caller: Caller,
  search: string | undefined,
): Promise<ProjectRow[]> {
  let projects = managedBy(queries, caller);
  if (search) {
    projects = projects.where(sql<boolean>`projects.name LIKE ${containsPattern(search)} ESCAPE '\\'`);
  }
  return projects.execute();
}

/** A project that the caller manages; refuses when there is none. */
export async function findManagedProject(
  queries: Queries,
  caller: Caller,
  projectId: string,
): Promise<ProjectRow> {
  const row = await managedBy(queries, caller).where('projects.id', '=', projectId).executeTakeFirst();
  if (!row) {
    throw notFound(`There is no project "${projectId}" that you manage.`);
  }
  return row;
}

export async function insertProject(queries: Queries, project: ProjectRow): Promise<void> {
  await queries.insertInto('projects').values(project).execute();
}

export async function changeProject(
  queries: Queries,
  projectId: string,
  columns: Updateable<ProjectRow>,
): Promise<void> {
  await queries.updateTable('projects').set(columns).where('id', '=', projectId).execute();
}

/** Who belongs to a project, in order of address. */
export function listMembers(queries: Queries, projectId: string) {
  return queries
    .selectFrom('project_members')
    .innerJoin('users', 'users.id', 'project_members.user_id')
    .where('project_id', '=', projectId)
    .orderBy('users.email')
    .select(['users.id as userId', 'users.email', 'project_members.is_manager'])
    .execute();
}

/** Makes a user a member of a project, or changes what member they are. */
export async function addMember(
  queries: Queries,
  { projectId, userId, isManager }: { projectId: string; userId: string; isManager: boolean },
): Promise<void> {
  const is_manager = isManager ? 1 : 0;
  await queries
    .insertInto('project_members')
    .values({ project_id: projectId, user_id: userId, is_manager })
    .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ is_manager }))
    .execute();
}

/** Removes a member of a project; refuses when the user is none. */
export async function removeMember(queries: Queries, projectId: string, userId: string): Promise<void> {
  const removed = await queries
    .deleteFrom('project_members')
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .returning('user_id')
    .executeTakeFirst();
  if (!removed) {
    throw notFound(`User "${userId}" is not a member of this project.`);
  }
}
