import { type Insertable, sql, type Updateable } from 'kysely';
import { invalidFields } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { UserRow } from '../tables.ts';
import { containsPattern } from './contains-pattern.ts';

/** Ids of all users, oldest first; of those whose address contains a text. */
export async function listUserIds(queries: Queries, search: string | undefined): Promise<string[]> {
  let query = queries.selectFrom('users').orderBy('date_inserted').select('id');
  if (search) {
    query = query.where(sql<boolean>`email LIKE ${containsPattern(search)} ESCAPE '\\'`);
  }
  return (await query.execute()).map(({ id }) => id);
}

/** Ids of the users whom an id or an address names, upper and lower case of that alike. */
export function usersNamed(queries: Queries, name: string) {
  return queries
    .selectFrom('users')
    .where(({ eb, fn, or }) =>
      or([eb('users.id', '=', name), eb(fn<string>('lower', ['users.email']), '=', name.toLowerCase())]),
    )
    .select('users.id');
}

/** Whether somebody has an address, upper and lower case alike. */
export async function isKnownAddress(queries: Queries, email: string): Promise<boolean> {
  const known = await queries
    .selectFrom('users')
    .where(sql<boolean>`lower(email) = ${email.toLowerCase()}`)
    .select('id')
    .executeTakeFirst();
  return known !== undefined;
}

/** Refuses a user that a body names and that is not here, under the field that names it. */
export async function refuseUnknownUser(queries: Queries, userId: string): Promise<void> {
  const known = await queries.selectFrom('users').where('id', '=', userId).select('id').executeTakeFirst();
  if (!known) {
    throw invalidFields({ userId: [`There is no user "${userId}". The list is at users/.`] });
  }
}

/** The id of the user whom a body names by id or address; refuses one who is not here, under the field that names them. */
export async function findNamedUserId(queries: Queries, name: string): Promise<string> {
  const known = await usersNamed(queries, name).executeTakeFirst();
  if (!known) {
    throw invalidFields({
      userId: [
        `There is no user "${name}". Name them by id or e-mail address; administrators have the list at users/.`,
      ],
    });
  }
  return known.id;
}

/** A user, also one whose account was closed. */
export async function findUserRow(queries: Queries, userId: string) {
  return await queries.selectFrom('users').where('id', '=', userId).selectAll().executeTakeFirst();
}

export async function insertUser(queries: Queries, user: Insertable<UserRow>): Promise<void> {
  await queries.insertInto('users').values(user).execute();
}

export async function changeUser(
  queries: Queries,
  userId: string,
  columns: Updateable<UserRow>,
): Promise<void> {
  await queries.updateTable('users').set(columns).where('id', '=', userId).execute();
}

/** Who signs in with an address and a password, upper and lower case of the address alike; not who is locked out. */
export function findByAddress(queries: Queries, email: string) {
  return queries
    .selectFrom('users')
    .where(sql<boolean>`lower(email) = ${email.toLowerCase()}`)
    .where('is_active', '=', 1)
    .select(['id', 'password_hash as passwordHash'])
    .executeTakeFirst();
}
