import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';

/** Appends to the log of who did what to what; `subject` names a thing, such as `job:QkzTpb`. */
export async function recordEvent(
  queries: Queries,
  event: {
    at: Instant;
    actorId: string | null;
    subject: string;
    verb: string;
    detail?: Record<string, unknown>;
  },
): Promise<void> {
  const { at, actorId, subject, verb, detail = {} } = event;
  await queries
    .insertInto('events')
    .values({ at, actor_id: actorId, subject, verb, detail: JSON.stringify(detail) })
    .execute();
}
