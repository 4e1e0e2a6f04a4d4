/** Reads what is told of a file that is followed. */
import type { Platform } from '../testing/start-platform.ts';

export interface FollowEvent {
  type: string;
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  data: any;
}

export interface Followed extends Disposable {
  status: number;
  headers: Headers;
  /** The next event; undefined when the connection has ended, however. */
  next(): Promise<FollowEvent | undefined>;
  /** Events until one that is wanted, that one included, or until there are no more. */
  until(isLast: (event: FollowEvent) => boolean): Promise<FollowEvent[]>;
  rest(): Promise<FollowEvent[]>;
}

export interface FollowWish {
  run?: string;
  query?: string;
  last?: string | undefined;
  key?: string;
}

export async function followFile(
  platform: Platform,
  jobId: string,
  path: string,
  { run = '1', query = '', last, key = platform.apiKey }: FollowWish = {},
): Promise<Followed> {
  const leaving = new AbortController();
  const url = new URL(`/api/v2/jobs/${jobId}/runs/${run}/tail/${path}?follow=1${query}`, platform.url);
  const response = await fetch(url, {
    headers: { authorization: `Token ${key}`, ...(last !== undefined && { 'last-event-id': last }) },
    signal: leaving.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<FollowEvent | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await reader.read().catch(() => ({ done: true as const, value: undefined }));
        if (done) {
          return undefined;
        }
        text += value;
        continue;
      }
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (field.event) {
        return { type: field.event, id: field.id, data: JSON.parse(field.data!) };
      }
    }
  };
  const until = async (isLast: (event: FollowEvent) => boolean) => {
    const all: FollowEvent[] = [];
    for (let event = await next(); event !== undefined; event = await next()) {
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

/** The bytes that came, since the file began anew the last time; they must follow each other. */
export function bytesOf(events: readonly FollowEvent[], start = 0): Buffer {
  const begun = events.slice(events.findLastIndex(({ type }) => type === 'restart') + 1);
  const isRestarted = begun.length < events.length;
  let offset = isRestarted ? 0 : start;
  const pieces: Buffer[] = [];
  for (const { type, data } of begun) {
    if (type === 'data') {
      if (data.start !== offset) {
        throw new Error(`A piece begins at ${data.start} where ${offset} follows.`);
      }
      const bytes = data.text === undefined ? Buffer.from(data.base64, 'base64') : Buffer.from(data.text);
      pieces.push(bytes);
      offset += bytes.length;
    }
  }
  return Buffer.concat(pieces);
}
