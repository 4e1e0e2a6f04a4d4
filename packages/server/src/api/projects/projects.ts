import {
  addProjectMember,
  createProject,
  listMyProjects,
  listProjects,
  type ManagedProject,
  removeProjectMember,
  updateProject,
} from '@quarry/contract';
import { sql } from 'kysely';
import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { containsPattern } from '../../db/queries/contains-pattern.ts';
import { findUsableProjects } from '../../db/queries/find-site.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import type { ProjectRow } from '../../db/tables.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import { inMemory, paginate } from '../paging.ts';
import { type PeopleContext, refuseUnknownUser } from '../users/keys.ts';

export const listMine = ({ database }: PeopleContext) =>
  route(listMyProjects, async (call) =>
    paginate(call, inMemory(await findUsableProjects(database.read, person(call.caller))), (row) => ({
      id: row.id,
      name: row.name,
      isDefault: row.is_default === 1,
      remainingAmounts: [],
    })),
  );

export const list = ({ database }: PeopleContext) =>
  route(listProjects, async (call) => {
    let projects = managedBy(database.read, call.caller);
    if (call.query.search) {
      projects = projects.where(
        sql<boolean>`projects.name LIKE ${containsPattern(call.query.search)} ESCAPE '\\'`,
      );
    }
    const page = await paginate(call, inMemory(await projects.execute()), (row) => row);
    return { ...page, results: await Promise.all(page.results.map((row) => toWire(database.read, row))) };
  });

export const create = ({ database, clock }: PeopleContext) =>
  route(createProject, async (call) => {
    const admin = person(call.caller);
    const row: ProjectRow = {
      id: newId(),
      workspace_id: admin.workspaceId,
      name: call.body.name,
      description: call.body.description,
      is_default: 0,
      is_active: 1,
      date_inserted: clock.now(),
    };
    await database.write(async (queries) => {
      await queries.insertInto('projects').values(row).execute();
      await recordEvent(queries, {
        at: clock.now(),
        actorId: admin.userId,
        subject: `project:${row.id}`,
        verb: 'created',
        detail: { name: row.name },
      });
    });
    return toWire(database.read, row);
  });

export const update = ({ database, clock }: PeopleContext) =>
  route(updateProject, async (call) => {
    const { projectId } = call.params;
    const { name, description, isActive } = call.body;
    await database.write(async (queries) => {
      const row = await findManaged(queries, call.caller, projectId);
      await queries
        .updateTable('projects')
        .set({
          name: name ?? row.name,
          description: description ?? row.description,
          is_active: (isActive ?? row.is_active === 1) ? 1 : 0,
        })
        .where('id', '=', projectId)
        .execute();
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(call.caller).userId,
        subject: `project:${projectId}`,
        verb: 'changed',
        detail: { fields: Object.keys(call.body) },
      });
    });
    return toWire(database.read, await findManaged(database.read, call.caller, projectId));
  });

export const addMember = ({ database, clock }: PeopleContext) =>
  route(addProjectMember, async (call) => {
    const { projectId } = call.params;
    const { userId, role } = call.body;
    await database.write(async (queries) => {
      await findManaged(queries, call.caller, projectId);
      await refuseUnknownUser(queries, userId);
      const is_manager = role === 'manager' ? 1 : 0;
      await queries
        .insertInto('project_members')
        .values({ project_id: projectId, user_id: userId, is_manager })
        .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ is_manager }))
        .execute();
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(call.caller).userId,
        subject: `project:${projectId}`,
        verb: 'member_added',
        detail: { userId, role },
      });
    });
    return toWire(database.read, await findManaged(database.read, call.caller, projectId));
  });

export const removeMember = ({ database, clock }: PeopleContext) =>
  route(removeProjectMember, async (call) => {
    const { projectId, userId } = call.params;
    await database.write(async (queries) => {
      await findManaged(queries, call.caller, projectId);
      const removed = await queries
        .deleteFrom('project_members')
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
        .returning('user_id')
        .executeTakeFirst();
      if (!removed) throw notFound(`User "${userId}" is not a member of this project.`);
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(call.caller).userId,
        subject: `project:${projectId}`,
        verb: 'member_removed',
        detail: { userId },
      });
    });
  });

function managedBy(queries: Queries, caller: Caller) {
  const all = queries
    .selectFrom('projects')
    .selectAll('projects')
    .orderBy('projects.name')
    .orderBy('projects.id');
  if (seesEverything(caller)) return all;
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

async function findManaged(queries: Queries, caller: Caller, projectId: string): Promise<ProjectRow> {
  const row = await managedBy(queries, caller).where('projects.id', '=', projectId).executeTakeFirst();
  if (!row) throw notFound(`There is no project "${projectId}" that you manage.`);
  return row;
}

async function toWire(queries: Queries, row: ProjectRow): Promise<ManagedProject> {
  const members = await queries
    .selectFrom('project_members')
    .innerJoin('users', 'users.id', 'project_members.user_id')
    .where('project_id', '=', row.id)
    .orderBy('users.email')
    .select(['users.id as userId', 'users.email', 'project_members.is_manager'])
    .execute();
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    isActive: row.is_active === 1,
    isDefault: row.is_default === 1,
    remainingAmounts: [],
    dateInserted: row.date_inserted,
    members: members.map(({ userId, email, is_manager }) => ({
      userId,
      email,
      role: is_manager ? ('manager' as const) : ('member' as const),
    })),
  };
}
