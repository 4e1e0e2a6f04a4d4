import type { ServerResponse } from 'node:http';
import {
  AuthenticationError,
  InvalidResponseError,
  type JobEvent,
  NotFoundError,
  type PlatformNews,
} from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { readEvents } from '../src/lib/event-stream.ts';
import { type Answer, json, startDouble } from './platform-double.ts';

const PATH = '/api/v2/jobs/abcDEF/events/';
const status = (id: string, word: string) =>
  `id: ${id}\nevent: status\ndata: {"id":"${id}","status":"${word}"}\n\n`;
const progress = (ended: number) => `event: progress\ndata: {"runs":2,"ended":${ended},"failed":0}\n\n`;
const END = 'event: end\ndata: {"outcome":"success","failure":null}\n\n';

function begin(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  return response;
}

async function all(events: AsyncIterable<JobEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(
      event.type === 'status'
        ? event.status.status
        : event.type === 'progress'
          ? `${event.progress.ended}/${event.progress.runs}`
          : event.outcome,
    );
  }
  return seen;
}

describe('jobs.events', () => {
  test('tells everything up to the end, typed, and asks once', async () => {
    await using platform = await startDouble((_request, response) => {
      begin(response).end(`retry: 1000\n\n${status('a', 'Pending')}${progress(0)}:\n\n${progress(2)}${END}`);
    });
    expect(await all(platform.client().jobs.events('abcDEF'))).toEqual(['Pending', '0/2', '2/2', 'success']);
    expect(platform.asked.map(({ url }) => url)).toEqual([PATH]);
    expect(platform.asked[0]!.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Token abc123',
    });
    expect(platform.asked[0]!.headers['last-event-id']).toBeUndefined();
  });

  test('goes on where a broken or ended connection stopped, without telling the same twice', async () => {
    const answers: Answer[] = [
      (_request, response) => {
        begin(response).write(status('a', 'Pending') + progress(0));
        setImmediate(() => response.destroy());
      },
      (_request, response) => json(response, 503, { detail: 'Restarting.' }),
      (_request, response) =>
        void begin(response).end(`${status('b', 'Executing')}${progress(0)}id: c\nevent: sta`),
      (_request, response) => void begin(response).end(status('c', 'Completed') + progress(2) + END),
    ];
    await using platform = await startDouble((request, response, count) =>
      answers[count]!(request, response, count),
    );
    expect(await all(platform.client().jobs.events('abcDEF'))).toEqual([
      ...['Pending', '0/2', 'Executing', 'Completed', '2/2', 'success'],
    ]);
    const asked = platform.asked.map(({ headers }) => headers['last-event-id']);
    // What was cut off in the middle was not seen.
    expect(asked.at(-1)).toBe('b');
    expect(asked[1]).toBe('a');
  });

  test('what the platform refuses is refused, and what is no stream is said to be none', async () => {
    await using platform = await startDouble((request, response) =>
      request.url.includes('nobody')
        ? json(response, 404, { detail: 'Not found.' })
        : json(response, 200, { results: [] }),
    );
    const { jobs } = platform.client();
    await expect(all(jobs.events('nobody'))).rejects.toThrow(NotFoundError);
    await expect(all(jobs.events('abcDEF'))).rejects.toThrow(InvalidResponseError);
  });

  test('an abort, and leaving the loop, close the connection', async () => {
    let closed = 0;
    const bothClosed = Promise.withResolvers<void>();
    await using platform = await startDouble((_request, response) => {
      response.once('close', () => {
        closed++;
        if (closed === 2) {
          bothClosed.resolve();
        }
      });
      begin(response).write(status('a', 'Pending'));
    });
    const { jobs } = platform.client();
    const leaving = new AbortController();
    const watched = (async () => {
      for await (const _event of jobs.events('abcDEF', { signal: leaving.signal })) {
        leaving.abort('enough');
      }
    })();
    await expect(watched).rejects.toBe('enough');
    for await (const _event of jobs.events('abcDEF')) {
      break;
    }
    await bothClosed.promise;
  });

  test('events that a later platform may have are passed over', async () => {
    await using platform = await startDouble((_request, response) => {
      begin(response).end(`event: weather\ndata: fine\n\ndata: no type\n\n${END}`);
    });
    expect(await all(platform.client().jobs.events('abcDEF'))).toEqual(['success']);
  });
});

describe('events of everything', () => {
  const event = (id: string | null, verb: string, detail: object = {}) =>
    `${id === null ? '' : `id: ${id}\n`}event: ${verb}\ndata: ${JSON.stringify({ id, verb, job: { id: 'abcDEF' }, detail })}\n\n`;
  const ready = 'id: 1.1\nevent: ready\ndata: {"id":"1.1"}\n\n';

  /** Words of what comes, up to the first that is `last`. */
  async function collect(events: AsyncIterable<PlatformNews>, last: string): Promise<string[]> {
    const seen: string[] = [];
    for await (const news of events) {
      seen.push(news.type === 'event' ? `${news.event.verb} ${news.event.id}` : `${news.type} ${news.id}`);
      if (seen.at(-1) === last) {
        break;
      }
    }
    return seen;
  }

  test('go on over broken connections behind the last id, told with an event or alone', async () => {
    const counts = event(null, 'progress', { runs: 2, ended: 1, failed: 0 });
    const answers: Answer[] = [
      (_request, response) => {
        begin(response).write(ready + event('2.1', 'created') + counts);
        setImmediate(() => response.destroy());
      },
      (_request, response) => void begin(response).end(`${counts}id: 9.1\n\n`),
      (_request, response) => void begin(response).end(event('9.2', 'ended')),
    ];
    await using platform = await startDouble((request, response, count) =>
      answers[count]!(request, response, count),
    );
    const options = { jobs: ['abcDEF', 'ghiJKL'], verbs: ['created', 'ended'] };
    expect(await collect(platform.client().events(options), 'ended 9.2')).toEqual([
      ...['ready 1.1', 'created 2.1', 'progress null', 'ended 9.2'],
    ]);
    expect(platform.asked.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2.1', '9.1']);
    expect(platform.asked[2]!.url).toBe('/api/v2/events/?job=abcDEF%2CghiJKL&verb=created%2Cended');
  });

  test('tell where they could not go on, and begin behind an event when asked to', async () => {
    const reset =
      'id: 5.5\nevent: reset\ndata: {"id":"5.5","reason":"too_old","detail":"Read the lists anew."}\n\n';
    await using platform = await startDouble(
      (_request, response) => void begin(response).write(reset + event('5.6', 'status')),
    );
    const seen = await collect(platform.client().events({ after: '1.1' }), 'status 5.6');
    expect(seen).toEqual(['reset 5.5', 'status 5.6']);
    expect(platform.asked[0]!.headers['last-event-id']).toBe('1.1');
  });

  test('end with the refusal of the key, once it does not hold any more', async () => {
    await using platform = await startDouble((_request, response, count) =>
      count === 0
        ? void begin(response).end(`${ready}event: closed\ndata: {"detail":"The token has expired."}\n\n`)
        : json(response, 401, { detail: 'The token has expired.' }),
    );
    await expect(collect(platform.client().events(), 'never')).rejects.toThrow(AuthenticationError);
  });
});

describe('a stream of events', () => {
  const read = async (...pieces: string[]) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) {
          controller.enqueue(new TextEncoder().encode(piece));
        }
        controller.close();
      },
    });
    const events = [];
    for await (const event of readEvents(body)) {
      if (event) {
        events.push(event);
      }
    }
    return events;
  };
  const event = (data: string, type = 'message', lastId?: string) => ({ type, data, lastId });

  test('is read with any line end and at any cut', async () => {
    const text = 'event: a\r\ndata: 1\r\n\r\ndata: 2\rdata:3\r\rid: x\ndata: ä\n\n';
    const expected = [event('1', 'a'), event('2\n3'), event('ä', 'message', 'x')];
    expect(await read(text)).toEqual(expected);
    for (let cut = 1; cut < text.length; cut++) {
      expect(await read(text.slice(0, cut), text.slice(cut))).toEqual(expected);
    }
    expect(await read(...text)).toEqual(expected);
  });

  test('leaves out comments, unknown fields, events without data and one that is not closed', async () => {
    expect(await read(': comment\nretry: 5\nfoo: bar\nevent: empty\n\ndata\n\ndata: x\n')).toEqual([
      event(''),
    ]);
  });

  test('of an id the last one holds, and one with a NUL counts for nothing', async () => {
    expect(await read('id: a\ndata: 1\n\nid: b\0\ndata: 2\n\nid\ndata: 3\n\n')).toEqual([
      event('1', 'message', 'a'),
      event('2', 'message', 'a'),
      event('3', 'message', ''),
    ]);
  });

  test('may tell an id alone', async () => {
    expect(await read('id: a\n\ndata: 1\n\n')).toEqual([event('', '', 'a'), event('1', 'message', 'a')]);
  });

  test('is given up when an event has no end', async () => {
    await expect(read(...Array.from({ length: 20 }, () => `data: ${'x'.repeat(70_000)}\n`))).rejects.toThrow(
      InvalidResponseError,
    );
  });
});
