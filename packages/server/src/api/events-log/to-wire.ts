import type { LoggedEvent } from '@quarry/contract';
import type { LoggedRow } from '../../db/queries/list-events.ts';

export function eventToWire(row: LoggedRow): LoggedEvent {
  const [type, ...id] = row.subject.split(':');
  return {
    id: String(row.seq),
    date: row.at,
    actor: row.actor_id === null ? null : { id: row.actor_id, email: row.email ?? '' },
    subject: { type: type!, id: id.length === 0 ? null : id.join(':') },
    verb: row.verb,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
