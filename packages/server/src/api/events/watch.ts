import { setImmediate } from 'node:timers/promises';
import { watchEvents } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import type { StreamPlace } from '../../db/queries/event-pages.ts';
import type { EventStream, ServerSentEvent } from '../../http/event-stream.ts';
import { Answer, type Call, route } from '../../http/route.ts';
import type { EventFeed, FeedPlace } from '../../jobs/life/event-feed.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, Problem } from '../../problems.ts';
import type { WaitSlots } from '../jobs/wait-slots.ts';
import { type EventFilter, readFilter } from './filter.ts';
import { seenBy } from './rights.ts';
import { entryToWire, placeOf, placeToWire, progressNewsToWire } from './to-wire.ts';

const STREAM = {
  heartbeatSeconds: LIMITS.eventHeartbeatSeconds,
  stallSeconds: LIMITS.eventStallSeconds,
  retryMs: 1000,
};

export interface EventsContext {
  database: Database;
  clock: Clock;
  feed: EventFeed;
  waitSlots: WaitSlots;
}

export const watch = (context: EventsContext) =>
  route(watchEvents, async (call) => {
    const { database, feed, waitSlots } = context;
    const { after } = call.query;
    if (after !== undefined && placeOf(after) === null) {
      throw invalidFields({ after: [`"${after}" is not the id of an event, such as "120.431".`] });
    }
    const filter = await readFilter(database.read, call.caller, call.query);
    using held = new DisposableStack();
    if (call.method !== 'HEAD') {
      held.use(waitSlots.take(call.caller));
    }
    const seat = held.use(await feed.join());
    const teller = new Teller(context, call, { seat, filter });
    const kept = held.move();
    return Answer.events({
      options: STREAM,
      tell: (stream) => teller.tell(stream),
      close: () => kept.dispose(),
    });
  });

/** Tells one reader; knows no more of what was told than the place. */
class Teller {
  readonly #context: EventsContext;
  readonly #call: Call<typeof watchEvents>;
  readonly #seat: FeedPlace;
  readonly #filter: EventFilter;
  #place: StreamPlace;
  /** The place that the reader knows of. */
  #told = '';
  #progress = 0;

  constructor(
    context: EventsContext,
    call: Call<typeof watchEvents>,
    { seat, filter }: { seat: FeedPlace; filter: EventFilter },
  ) {
    this.#context = context;
    this.#call = call;
    this.#seat = seat;
    this.#filter = filter;
    this.#place = seat.end;
  }

  /** Goes on until one of them is gone, or the right to hear has ended. */
  async tell(stream: EventStream): Promise<void> {
    const { feed } = this.#context;
    await stream.send(this.#begin());
    while (!stream.gone.aborted && !feed.isClosed) {
      const { events, hasMore } = await this.#look();
      await stream.send(events);
      if (events.at(-1)?.type === 'closed') {
        return;
      }
      if (hasMore) {
        await setImmediate();
      } else {
        const deadline = performance.now() + STREAM.heartbeatSeconds * 1000;
        await this.#seat.next({ deadline, signal: stream.gone });
      }
    }
  }

  /** Where a reader begins or goes on, and the words for one who cannot. */
  #begin(): ServerSentEvent[] {
    const { headers, query } = this.#call;
    const asked = headers['last-event-id']?.toString() ?? query.after;
    const end = this.#seat.end;
    const id = placeToWire(end);
    const from = asked === undefined ? null : placeOf(asked);
    if (from && from.event <= end.event && from.status <= end.status) {
      const behind = end.event - from.event + (end.status - from.status);
      if (behind <= LIMITS.eventsResumed) {
        this.#place = from;
        this.#told = placeToWire(from);
        return [];
      }
    }
    this.#told = id;
    if (asked === undefined) {
      return [{ type: 'ready', id, data: { id } }];
    }
    const [reason, detail] =
      from && from.event <= end.event && from.status <= end.status
        ? ['too_old', `More than ${LIMITS.eventsResumed} events came after this one.`]
        : ['unknown', 'This server has told of no such event; its data may have been restored from a copy.'];
    return [{ type: 'reset', id, data: { id, reason, detail: `${detail} Read the lists anew.` } }];
  }

  /** What is new since the last look, as far as the reader may see it now. */
  async #look(): Promise<{ events: ServerSentEvent[]; hasMore: boolean }> {
    const { database, clock } = this.#context;
    let caller: Call['caller'];
    try {
      caller = await this.#call.authenticateAgain();
    } catch (error) {
      if (!(error instanceof Problem)) {
        throw error;
      }
      const { message: detail, code, hint } = error;
      return { events: [{ type: 'closed', data: { detail, code, hint } }], hasMore: false };
    }
    const { entries, place, hasMore } = await this.#seat.read(this.#place);
    const wanted = entries.filter((entry) =>
      this.#filter(entry.job, entry.kind === 'logged' ? entry.row.verb : verbOf(entry.row.status)),
    );
    const events = (
      await seenBy(database.read, caller, wanted, (entry) => ({
        job: entry.job,
        actorId: entry.kind === 'logged' ? entry.row.actor_id : null,
      }))
    ).map((entry): ServerSentEvent => toSent(entryToWire(entry)));
    this.#place = place;
    const id = placeToWire(place);
    // Told also where nothing was for this reader, so that they need not come again from long ago.
    if (id !== this.#told && events.at(-1)?.id !== id) {
      events.push({ type: 'place', id });
    }
    this.#told = id;
    if (!hasMore) {
      const fresh = this.#seat.progressAfter(this.#progress);
      this.#progress = fresh.at(-1)?.version ?? this.#progress;
      const news = fresh.filter(({ job }) => this.#filter(job, 'progress'));
      const seen = await seenBy(database.read, caller, news, ({ job }) => ({ job, actorId: null }));
      events.push(...seen.map(({ job }) => toSent(progressNewsToWire(job, clock.now()))));
    }
    return { events, hasMore };
  }
}

const verbOf = (status: string) => (status === 'Completed' ? 'ended' : 'status');

function toSent(event: ReturnType<typeof entryToWire>): ServerSentEvent {
  return { type: event.verb, data: event, ...(event.id !== null && { id: event.id }) };
}
