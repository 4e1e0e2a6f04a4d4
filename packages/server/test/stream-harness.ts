/** Reads streams of server-sent events as a raw client would. */
import type { Platform } from '../testing/start-platform.ts';

export interface Event {
  type: string;
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  data: any;
}

export interface Watched extends Disposable {
  status: number;
  headers: Headers;
  /** The next event; undefined when the server has ended the stream. */
  next(): Promise<Event | undefined>;
  /** Everything up to the first for which this holds, or up to the end. */
  until(isLast: (event: Event) => boolean): Promise<Event[]>;
  /** Everything up to the end. */
  rest(): Promise<Event[]>;
}

export interface WatchOptions {
  on: Platform;
  key?: string;
  /** `Last-Event-ID`. */
  last?: string;
}

/** Opens a stream; `path` is below the version. */
export async function openStream(
  path: string,
  { on, key = on.apiKey, last }: WatchOptions,
): Promise<Watched> {
  const leaving = new AbortController();
  const response = await fetch(new URL(`/api/v2/${path}`, on.url), {
    headers: { authorization: `Token ${key}`, ...(last !== undefined && { 'last-event-id': last }) },
    signal: leaving.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Event | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await reader.read();
        if (done) {
          return undefined;
        }
        text += value;
        continue;
      }
      const fields = text
        .slice(0, end)
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
      text = text.slice(end + 2);
      const field = Object.fromEntries(fields);
      if (field.event) {
        return { type: field.event, id: field.id, data: JSON.parse(field.data!) };
      }
    }
  };
  const until = async (isLast: (event: Event) => boolean) => {
    const all: Event[] = [];
    for (let event = await next(); event; event = await next()) {
      all.push(event);
      if (isLast(event)) {
        break;
      }
    }
    return all;
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    until,
    rest: () => until(() => false),
    [Symbol.dispose]: () => leaving.abort(),
  };
}
