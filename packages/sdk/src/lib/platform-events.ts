import type { PlatformEvent, StreamVerb } from '@quarry/contract';
import { formatQuery } from '../path.ts';
import type { Transport } from '../transport.ts';
import { eventData, resumedEvents } from './resumed-events.ts';

/**
 * What comes from the stream of everything: `ready` first, after which lists that are read miss nothing; `event` for
 * whatever happens; `reset` where the platform cannot go on from where it was and lists have to be read anew.
 */
export type PlatformNews =
  | { type: 'ready'; id: string }
  | { type: 'event'; event: PlatformEvent }
  | { type: 'reset'; id: string; reason: string; detail: string };

export interface PlatformEventsOptions {
  /** Only what came after this event. */
  after?: string | undefined;
  /** Only of these jobs, at most 100. */
  jobs?: readonly string[] | undefined;
  /** Only of jobs of these projects, at most 100. */
  projects?: readonly string[] | undefined;
  /** Only what has one of these verbs. */
  verbs?: readonly (StreamVerb | (string & {}))[] | undefined;
  signal?: AbortSignal | undefined;
}

/** What happens to everything that the user may see, as it happens, without an end. */
export async function* platformEvents(
  transport: Transport,
  { after, jobs, projects, verbs, signal }: PlatformEventsOptions = {},
): AsyncGenerator<PlatformNews, void, undefined> {
  const query = { job: jobs?.join(','), project: projects?.join(','), verb: verbs?.join(',') };
  const path = `/api/v2/events/${formatQuery(query)}`;
  /** Of each job under way: a new connection tells the counts again. */
  const progress = new Map<string, string>();
  for await (const sent of resumedEvents(transport, path, { after, signal })) {
    if (sent.type === '' || sent.type === 'closed') {
      // The next connection is refused with the reason.
      continue;
    }
    const data = eventData(sent);
    if (sent.type === 'ready') {
      yield { type: 'ready', ...(data as { id: string }) };
      continue;
    }
    if (sent.type === 'reset') {
      yield { type: 'reset', ...(data as { id: string; reason: string; detail: string }) };
      continue;
    }
    const event = data as PlatformEvent;
    const jobId = event.job?.id ?? '';
    if (event.verb === 'progress') {
      const counts = JSON.stringify(event.detail);
      if (progress.get(jobId) === counts) {
        continue;
      }
      progress.set(jobId, counts);
    }
    if (event.verb === 'ended') {
      progress.delete(jobId);
    }
    yield { type: 'event', event };
  }
}
