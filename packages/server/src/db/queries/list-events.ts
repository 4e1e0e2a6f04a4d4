import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { damagedKey, type ListSource, type Window } from '../list-source.ts';
import type { EventRow } from '../tables.ts';

export interface EventFilter {
  /** Ids of users; an event of any of them fits. */
  actors?: readonly string[];
  subject?: string;
  verb?: string;
  since?: Instant;
  until?: Instant;
}

/** The log of events, the latest first. */
export function listEvents(queries: Queries, filter: EventFilter): ListSource<LoggedRow> {
  function chosen() {
    let events = queries.selectFrom('events');
    if (filter.actors) {
      events = events.where('actor_id', 'in', filter.actors);
    }
    if (filter.subject) {
      events = events.where('subject', '=', filter.subject);
    }
    if (filter.verb) {
      events = events.where('verb', '=', filter.verb);
    }
    if (filter.since) {
      events = events.where('at', '>=', filter.since);
    }
    if (filter.until) {
      events = events.where('at', '<', filter.until);
    }
    return events;
  }

  return {
    async count() {
      if (Object.keys(filter).length === 0) {
        return countAll(queries);
      }
      const { count } = await chosen()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows({ limit, offset, after }: Window) {
      let page = chosen();
      if (after !== null) {
        page = page.where('seq', '<', toSeq(after));
      }
      return page
        .leftJoin('users', 'users.id', 'events.actor_id')
        .orderBy('seq', 'desc')
        .limit(limit)
        .offset(offset)
        .select(['seq', 'at', 'actor_id', 'subject', 'verb', 'detail', 'users.email'])
        .execute();
    },
    keyOf: ({ seq }) => String(seq),
  };
}

export interface LoggedRow extends Omit<EventRow, 'seq'> {
  seq: number;
  /** Of the actor; null where that is no user of this platform. */
  email: string | null;
}

/** Events are never deleted and their numbers have no gaps, so the ends tell what counting millions would. */
async function countAll(queries: Queries): Promise<number> {
  const { first, last } = await queries
    .selectFrom('events')
    .select(({ selectFrom }) => [
      selectFrom('events')
        .select(({ fn }) => fn.min<number | null>('seq').as('seq'))
        .as('first'),
      selectFrom('events')
        .select(({ fn }) => fn.max<number | null>('seq').as('seq'))
        .as('last'),
    ])
    .limit(1)
    .executeTakeFirst()
    .then((row) => row ?? { first: null, last: null });
  return first === null || last === null ? 0 : last - first + 1;
}

function toSeq(key: string): number {
  const seq = Number(key);
  if (!Number.isSafeInteger(seq)) {
    throw damagedKey();
  }
  return seq;
}
