import type { Failure, Job, JobOutcome, JobStatus } from '@quarry/contract';
import { fillPath } from '../path.ts';
import type { Transport } from '../transport.ts';
import type { ServerSentEvent } from './event-stream.ts';
import { eventData, resumedEvents } from './resumed-events.ts';

/** What happens to a job: a row of its history, how many of its runs have ended, or its end, which comes last. */
export type JobEvent =
  | { type: 'status'; status: JobStatus }
  | { type: 'progress'; progress: NonNullable<Job['progress']> }
  | { type: 'end'; outcome: JobOutcome; failure: Failure | null };

export interface EventsOptions {
  signal?: AbortSignal;
}

/**
 * What happens to a job as it happens, from the beginning of its history to its end. A connection that breaks or falls
 * silent is made anew and goes on where the last one ended; an outage is sat out for five minutes.
 */
export async function* jobEvents(
  transport: Transport,
  jobId: string,
  { signal }: EventsOptions = {},
): AsyncGenerator<JobEvent, void, undefined> {
  const path = fillPath('/api/v2/jobs/:jobId/events/', { jobId });
  let progress = '';
  for await (const event of resumedEvents(transport, path, { signal })) {
    const typed = typedEvent(event);
    // A new connection tells the counts again.
    if (typed === null || (typed.type === 'progress' && event.data === progress)) {
      continue;
    }
    if (typed.type === 'progress') {
      progress = event.data;
    }
    yield typed;
    if (typed.type === 'end') {
      return;
    }
  }
}

/** Null for what a later server may tell. */
function typedEvent(event: ServerSentEvent): JobEvent | null {
  const { type } = event;
  if (type !== 'status' && type !== 'progress' && type !== 'end') {
    return null;
  }
  const value = eventData(event);
  switch (type) {
    case 'status':
      return { type, status: value as JobStatus };
    case 'progress':
      return { type, progress: value as NonNullable<Job['progress']> };
    case 'end':
      return { type, ...(value as { outcome: JobOutcome; failure: Failure | null }) };
  }
}
