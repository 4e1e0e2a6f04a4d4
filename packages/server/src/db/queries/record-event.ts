import type { EventVerb } from '@quarry/contract';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { EventRow } from '../tables.ts';

const insertEvent = prepared(
  ['at', 'actor_id', 'subject', 'verb', 'detail'],
  (queries, event: Omit<EventRow, 'seq'>) => queries.insertInto('events').values(event),
);

/** Appends to the log of who did what to what; `subject` names a thing, such as `job:QkzTpb`; what is done is one word. */
export async function recordEvent(
  queries: Queries,
  event: {
    at: Instant;
    /** Null for the platform itself. */
    actorId: string | null;
    subject: string;
    verb: EventVerb;
    /** Never a secret: administrators read it, and backups have it. */
    detail?: Record<string, unknown>;
  },
): Promise<void> {
  const { at, actorId, subject, verb, detail = {} } = event;
  await insertEvent(queries, { at, actor_id: actorId, subject, verb, detail: JSON.stringify(detail) });
}
