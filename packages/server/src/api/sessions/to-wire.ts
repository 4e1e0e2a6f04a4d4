import type { OwnSession, Session } from '@quarry/contract';
import { findUser } from '../../db/queries/find-user.ts';
import type { SessionRow } from '../../db/tables.ts';
import type { PeopleContext } from '../users/context.ts';
import { userToWire } from '../users/to-wire.ts';

/** A session as the list of them has it; `current` is the id of the one that asks. */
export function sessionToWire(row: SessionRow, current: string | null): Session {
  return { ...fieldsOf(row), isCurrent: row.id === current };
}

/** The session that asks, with whose it is. */
export async function ownSessionToWire(
  { database, maxJobHours }: PeopleContext,
  row: SessionRow,
): Promise<OwnSession> {
  const { user, workspace, projects } = await findUser(database.read, row.user_id);
  return { ...fieldsOf(row), user: userToWire(user, { workspace, projects, maxJobHours }) };
}

function fieldsOf(row: SessionRow) {
  return {
    id: row.id,
    way: row.way,
    dateCreated: row.date_inserted,
    dateLastUsed: row.last_used_at,
    dateExpires: row.expires_at,
    userAgent: row.user_agent,
    address: row.address,
  };
}
