import { delay } from '../delay.ts';
import { InvalidResponseError, isOutage, QuarryError, TimeoutError } from '../errors.ts';
import {
  EVENTS_SILENCE_MS,
  RETRY_FIRST_PAUSE_MS,
  RETRY_LONGEST_PAUSE_MS,
  WAIT_OUTAGE_MS,
} from '../limits.ts';
import { connectionError, type Transport } from '../transport.ts';
import { readEvents, type ServerSentEvent } from './event-stream.ts';

/**
 * The events of a stream, over as many connections as it takes, until whoever reads them has enough: one that breaks or
 * falls silent is made anew and goes on behind the last event that was read. An outage is sat out for five minutes.
 */
export async function* resumedEvents(
  transport: Transport,
  path: string,
  { after, signal }: { after?: string | undefined; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let lastId = after;
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
        yield event;
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

/** The JSON of an event. */
export function eventData({ type, data }: ServerSentEvent): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new InvalidResponseError(`An event "${type}" came that is not JSON.`, { cause });
  }
}

/** The events of one connection; null for each other sign of life. */
async function* connect(
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

function fellSilent(path: string): TimeoutError {
  return new TimeoutError(`GET ${path} has sent nothing for ${EVENTS_SILENCE_MS / 1000} s.`);
}
