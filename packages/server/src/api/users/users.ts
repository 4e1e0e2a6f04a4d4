import { createUser, getCurrentUser, listUsers, updateUser } from '@quarry/contract';
import { sql } from 'kysely';
import { person } from '../../access/caller.ts';
import { newApiKey } from '../../access/keys.ts';
import { containsPattern } from '../../db/queries/contains-pattern.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { invalidFields } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import { inMemory, paginate } from '../paging.ts';
import { insertKey, type PeopleContext } from './keys.ts';
import { managedUserToWire, userToWire } from './to-wire.ts';

export const me = (context: PeopleContext) =>
  route(getCurrentUser, async (call) => {
    const { user, workspace, projects } = await findUser(context.database.read, person(call.caller).userId);
    return userToWire(user, { workspace, projects, maxJobHours: context.maxJobHours });
  });

export const list = (context: PeopleContext) =>
  route(listUsers, async (call) => {
    const { read } = context.database;
    let query = read.selectFrom('users').orderBy('date_inserted').selectAll();
    if (call.query.search) {
      query = query.where(sql<boolean>`email LIKE ${containsPattern(call.query.search)} ESCAPE '\\'`);
    }
    const rows = await query.execute();
    const page = await paginate(call, inMemory(rows), (row) => row.id);
    return { ...page, results: await Promise.all(page.results.map((id) => managed(context, id))) };
  });

export const create = (context: PeopleContext) =>
  route(createUser, async (call) => {
    const { database, clock } = context;
    const { email, fullName, role, maxJobHours, createApiKey } = call.body;
    const address = email.trim();
    if (!/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(address)) {
      throw invalidFields({ email: ['Enter an e-mail address such as ann@lab.example.'] });
    }
    const admin = person(call.caller);
    const id = newId();
    const key = createApiKey ? newApiKey() : null;
    const [firstName, ...rest] = fullName.split(' ');
    await database.write(async (queries) => {
      const taken = await queries
        .selectFrom('users')
        .where(sql<boolean>`lower(email) = ${address.toLowerCase()}`)
        .select('id')
        .executeTakeFirst();
      if (taken) throw invalidFields({ email: [`There is a user with the address ${address} already.`] });
      await queries
        .insertInto('users')
        .values({
          id,
          workspace_id: admin.workspaceId,
          email: address,
          first_name: firstName ?? '',
          last_name: rest.join(' '),
          role,
          max_job_hours: maxJobHours ?? null,
          is_active: 1,
          date_inserted: clock.now(),
        })
        .execute();
      if (key) await insertKey(queries, clock, { userId: id, name: 'first key', key, expiresAt: null });
      await recordEvent(queries, {
        at: clock.now(),
        actorId: admin.userId,
        subject: `user:${id}`,
        verb: 'created',
        detail: { email: address, role, hasKey: key !== null },
      });
    });
    return { ...(await managed(context, id)), apiKey: key };
  });

export const update = (context: PeopleContext) =>
  route(updateUser, async (call) => {
    const { database, clock } = context;
    const { userId } = call.params;
    const { fullName, role, isActive, maxJobHours } = call.body;
    const admin = person(call.caller);
    if (userId === admin.userId && (isActive === false || (role && role !== 'admin'))) {
      throw invalidFields({
        non_field_errors: [
          'You cannot lock yourself out or give up your own administration; ask another administrator.',
        ],
      });
    }
    await database.write(async (queries) => {
      const { user } = await findUser(queries, userId);
      const [firstName, ...rest] = (fullName ?? `${user.first_name} ${user.last_name}`).split(' ');
      await queries
        .updateTable('users')
        .set({
          first_name: firstName ?? '',
          last_name: rest.join(' '),
          role: role ?? user.role,
          is_active: (isActive ?? user.is_active === 1) ? 1 : 0,
          max_job_hours: maxJobHours ?? user.max_job_hours,
        })
        .where('id', '=', userId)
        .execute();
      await recordEvent(queries, {
        at: clock.now(),
        actorId: admin.userId,
        subject: `user:${userId}`,
        verb: 'changed',
        detail: {
          fields: Object.keys(call.body),
          ...(role && { role }),
          ...(isActive !== undefined && { isActive }),
        },
      });
    });
    context.authenticator.revoked();
    return managed(context, userId);
  });

async function managed(context: PeopleContext, userId: string) {
  const { user, workspace, projects } = await findUser(context.database.read, userId);
  return managedUserToWire(user, { workspace, projects, maxJobHours: context.maxJobHours });
}
