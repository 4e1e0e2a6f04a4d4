import { type Caller, person } from '../../access/caller.ts';
import { listSessions } from '../../db/queries/sessions.ts';
import type { SessionRow } from '../../db/tables.ts';
import { notFound } from '../../problems.ts';
import type { PeopleContext } from '../users/context.ts';

/** The session that carries a request; refuses with 404 when a key does. */
export async function findOwnSession(
  { database, sessions }: PeopleContext,
  caller: Caller,
): Promise<SessionRow> {
  const { userId } = person(caller);
  const all = await listSessions(database.read, userId, sessions.ends());
  const own = all.find(({ id }) => id === sessionOf(caller));
  if (!own) {
    throw notFound('This request is not carried by a session.');
  }
  return own;
}

/** Id of the session that carries a request; null when a key does. */
export function sessionOf(caller: Caller): string | null {
  return caller.kind === 'user' && caller.credential.kind === 'session' ? caller.credential.id : null;
}
