import type { Failure, Job, JobOutcome, JobStatus } from '@quarry/contract';
import { delay } from '../delay.ts';
import { InvalidResponseError, isOutage, QuarryError, TimeoutError } from '../errors.ts';
import {
  EVENTS_SILENCE_MS,
  RETRY_FIRST_PAUSE_MS,
  RETRY_LONGEST_PAUSE_MS,
  WAIT_OUTAGE_MS,
} from '../limits.ts';
import { fillPath } from '../path.ts';
import { connectionError, type Transport } from '../transport.ts';
import { readEvents, type ServerSentEvent } from './event-stream.ts';

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
  let lastId: string | undefined;
  let progress = '';
  let pause = RETRY_FIRST_PAUSE_MS;
  let heardAt = performance.now();

  for (;;) {
    try {
      for await (const event of connect(transport, path, lastId, signal)) {
        heardAt = performance.now();
        if (event === null) {
          continue;
        }
        pause = RETRY_FIRST_PAUSE_MS;
        lastId = event.lastId ?? lastId;
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
    } catch (error) {
      if (signal?.aborted) {
        throw signal.reason;
      }
      if (!isOutage(error) || performance.now() - heardAt > WAIT_OUTAGE_MS) {
        throw error;
      }
    }
    await delay(pause, signal);
    pause = Math.min(pause * 2, RETRY_LONGEST_PAUSE_MS);
  }
}

/** The events of one connection; null for each other sign of life. */
export async function* connect(
  transport: Transport,
  path: string,
  lastId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerSentEvent | null, void, undefined> {
  const cut = new AbortController();
  let silence: ReturnType<typeof setTimeout> | undefined;
  try {
    const body = await transport.exchange(
      {
        method: 'GET',
        path,
        headers: { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) },
        signal: signal ? AbortSignal.any([signal, cut.signal]) : cut.signal,
      },
      async (response) => {
        if (
          response.body !== null &&
          /^text\/event-stream\b/.test(response.headers.get('content-type') ?? '')
        ) {
          return response.body;
        }
        await response.body?.cancel();
        throw new InvalidResponseError(`GET ${path} was not answered with events.`, {
          hint: 'Check that the base URL is the root of a platform, and that no proxy answers in its place.',
        });
      },
    );
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => cut.abort(fellSilent(path)), EVENTS_SILENCE_MS);
    };
    listen();
    for await (const event of readEvents(body)) {
      listen();
      yield event;
    }
  } catch (error) {
    if (cut.signal.aborted) {
      throw cut.signal.reason;
    }
    if (signal?.aborted) {
      throw signal.reason;
    }
    throw error instanceof QuarryError ? error : connectionError(error, 'GET', transport.url(path));
  } finally {
    clearTimeout(silence);
    cut.abort();
  }
}

/** Null for what a later server may tell. */
function typedEvent({ type, data }: ServerSentEvent): JobEvent | null {
  if (type !== 'status' && type !== 'progress' && type !== 'end') {
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw new InvalidResponseError(`An event "${type}" came that is not JSON.`, { cause });
  }
  switch (type) {
    case 'status':
      return { type, status: value as JobStatus };
    case 'progress':
      return { type, progress: value as NonNullable<Job['progress']> };
    case 'end':
      return { type, ...(value as { outcome: JobOutcome; failure: Failure | null }) };
  }
}

function fellSilent(path: string): TimeoutError {
  return new TimeoutError(`GET ${path} has sent nothing for ${EVENTS_SILENCE_MS / 1000} s.`);
}
