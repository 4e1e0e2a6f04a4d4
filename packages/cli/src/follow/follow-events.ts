import type { PlatformEvent, PlatformNews, Quarry } from '@quarry/sdk';
import type { Io } from '../io.ts';

export interface EventsWish {
  after: string | undefined;
  jobs: readonly string[] | undefined;
  projects: readonly string[] | undefined;
  verbs: readonly string[] | undefined;
  /** Ends after so many; undefined for never. */
  limit: number | undefined;
}

/** Prints what happens as it happens: a line each for people, with `--json` an object a line. */
export async function followEvents(
  { limit = Number.POSITIVE_INFINITY, ...wish }: EventsWish,
  { sdk, io, signal }: { sdk: Quarry; io: Io; signal: AbortSignal },
): Promise<void> {
  let told = 0;
  for await (const news of sdk.events({ ...wish, signal })) {
    if (io.json) {
      io.printJson(toJson(news));
    } else {
      show(news, io);
    }
    told += news.type === 'event' ? 1 : 0;
    if (told >= limit) {
      return;
    }
  }
}

/** An event as the API tells it; `ready` and `reset` have their name as `verb`, so that every line has one. */
function toJson(news: PlatformNews): object {
  if (news.type === 'event') {
    return news.event;
  }
  const { type: verb, ...rest } = news;
  return { verb, ...rest };
}

function show(news: PlatformNews, io: Io): void {
  switch (news.type) {
    case 'ready':
      io.note('Waiting for what happens. Ctrl-C ends it.');
      return;
    case 'reset':
      io.warn(`${news.detail} What happened in between is not shown.`);
      return;
    case 'event':
      io.print(renderEvent(news.event, io));
      return;
  }
}

function renderEvent(event: PlatformEvent, io: Io): string {
  const { date, subject, verb, job, actor } = event;
  const thing = job
    ? `job ${job.id} (${job.name})`
    : subject.id === null
      ? subject.type
      : `${subject.type} ${subject.id}`;
  const who = actor === null ? '' : ` by ${actor.email || actor.id}`;
  const rest = detailOf(event);
  return [
    io.style('dim', date.slice(0, 19).replace('T', ' ')),
    thing,
    `${io.style('bold', verb.replaceAll('_', ' '))}${who}${rest === '' ? '' : `: ${rest}`}`,
  ].join('  ');
}

function detailOf({ verb, detail }: PlatformEvent): string {
  if (verb === 'status' || verb === 'ended') {
    const reason = typeof detail.statusReason === 'string' ? detail.statusReason : '';
    const word = verb === 'ended' ? detail.outcome : detail.status;
    return [word, reason].filter((text) => typeof text === 'string' && text !== '').join(', ');
  }
  if (verb === 'progress') {
    return `${detail.ended} of ${detail.runs} runs ended, ${detail.failed} failed`;
  }
  return describeDetail(detail);
}

/** What there is to say of an event, in a line. */
export function describeDetail(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
