import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventStream } from '../src/http/event-stream.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, makeApiKey, reach, runJob, saveJob, submitJob } from './platform-harness.ts';
import { type Event, openStream, type WatchOptions } from './stream-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const watch = (jobId: string, { on = platform, ...options }: Partial<WatchOptions> = {}) =>
  openStream(`jobs/${jobId}/events/`, { on, ...options });

const words = (events: Event[]) =>
  events.map(({ type, data }) => (type === 'status' ? (data.status as string) : type));

test('the server says that it tells of jobs', async () => {
  expect((await platform.call('GET', '/api/v2/server/')).body.features).toContain('job-events');
});

test('a job is told from its submission to its end, each status once and in order, and then the stream ends', async () => {
  const jobId = await saveJob(platform);
  using stream = await watch(jobId);
  expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.headers.get('cache-control')).toBe('no-store');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  await platform.call('POST', `/api/v2/jobs/${jobId}/submit/`);
  const events = await stream.rest();
  expect(words(events).filter((word) => word !== 'progress')).toEqual([
    ...['Pending', 'Queued', 'Started', 'Validated', 'Executing', 'Completed', 'end'],
  ]);
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/statuses/?page_size=100`);
  const told = events.filter(({ type }) => type === 'status');
  expect(told.map(({ data }) => data)).toEqual(body.results.toReversed());
  expect(told.every(({ id, data }) => id === data.id)).toBe(true);
  const progress = events.filter(({ type }) => type === 'progress').map(({ data }) => data);
  expect(progress[0]).toEqual({ runs: 1, ended: 0, failed: 0 });
  expect(progress.at(-1)).toEqual({ runs: 1, ended: 1, failed: 0 });
  expect(events.at(-1)).toEqual({ type: 'end', id: undefined, data: { outcome: 'success', failure: null } });
});

test('a job that has ended is told at once, with why it failed', async () => {
  const { id, failure } = await runJob(platform, definition('exit 3'));
  using stream = await watch(id);
  expect((await stream.rest()).at(-1)!.data).toEqual({ outcome: 'failed', failure });
});

test('a client that comes again gets what came after the last event it has', async () => {
  const { id } = await runJob(platform);
  using first = await watch(id);
  const all = await first.rest();
  const third = all.filter(({ type }) => type === 'status')[2]!;
  using again = await watch(id, { last: third.id! });
  expect(words(await again.rest())).toEqual(['Validated', 'Executing', 'Completed', 'progress', 'end']);
  using unknown = await watch(id, { last: 'unknown' });
  expect(words(await unknown.rest())).toEqual(words(all));
  using end = await watch(id, { last: all.findLast(({ type }) => type === 'status')!.id! });
  expect(words(await end.rest())).toEqual(['progress', 'end']);
});

test('the runs of a sweep are counted while they end', async () => {
  const variable = {
    ...{ name: 'x', displayOrder: 0, variableType: 'Design', valueGeneratorType: 'Linspace' },
    valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 40 },
  };
  const jobId = await submitJob(platform, definition('true', { jobvariables: [variable] }));
  using stream = await watch(jobId);
  const progress = (await stream.rest()).filter(({ type }) => type === 'progress').map(({ data }) => data);
  expect(progress.at(-1)).toEqual({ runs: 40, ended: 40, failed: 0 });
  const counts = progress.map(({ ended }) => ended as number);
  expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
});

test('a stream ends when the key is revoked, and when the job is deleted', async () => {
  const someone = await addUser(platform, 'watcher@lab.example');
  const { id: keyId, key } = await makeApiKey(platform, { name: 'short' }, someone.key);
  const jobId = await saveJob(platform, definition(), key);
  using byKey = await watch(jobId, { key });
  using byOwner = await watch(jobId, { key: someone.key });
  await platform.call('DELETE', `/api/v2/users/me/api-keys/${keyId}/`, undefined, someone.key);
  expect(await byKey.rest()).toEqual([]);
  await platform.call('DELETE', `/api/v2/jobs/${jobId}/`, undefined, someone.key);
  expect(await byOwner.rest()).toEqual([]);
});

test('a stream ends when its reader may see the job no longer, being no administrator any more', async () => {
  const someone = await addUser(platform, 'demoted@lab.example', { role: 'admin' });
  const jobId = await saveJob(platform, definition());
  using stream = await watch(jobId, { key: someone.key });
  await platform.call('PATCH', `/api/v2/users/${someone.id}/`, { role: 'member' });
  expect(await stream.rest()).toEqual([]);
});

test('a stream ends when the server stops, which does not wait for it, and goes on with the next', async () => {
  await using stopping = await startPlatform();
  const jobId = await submitJob(stopping, definition('sleep 300'));
  await reach(stopping, jobId, 'Executing');
  using stream = await watch(jobId, { on: stopping });
  let last: string | undefined;
  for (let status = ''; status !== 'Executing'; ) {
    const event = (await stream.next())!;
    if (event.type !== 'status') {
      continue;
    }
    status = event.data.status;
    last = event.id;
  }
  expect(await stopping.stop()).toBe(0);
  expect(words(await stream.rest()).every((word) => word === 'progress')).toBe(true);
  await stopping.restart();
  using next = await watch(jobId, { on: stopping, last: last! });
  await stopping.call('POST', `/api/v2/jobs/${jobId}/stop/`);
  expect(words(await next.rest()).filter((word) => word !== 'progress')).toEqual([
    ...['Stopping', 'Completed', 'end'],
  ]);
});

test('HEAD tells what it would be, and what is not there is refused in JSON', async () => {
  const { id } = await runJob(platform);
  const head = await platform.call('HEAD', `/api/v2/jobs/${id}/events/`);
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const absent = await platform.call('GET', '/api/v2/jobs/nobody/events/');
  expect([absent.status, absent.body.code]).toEqual([404, 'not_found']);
});

describe('a stream of events', () => {
  const options = { heartbeatSeconds: 60, stallSeconds: 60, retryMs: 1234 };

  async function serve(
    tell: (stream: EventStream) => Promise<void>,
    change: Partial<typeof options> = {},
  ): Promise<AsyncDisposable & { read(): Promise<IncomingMessage> }> {
    const server = createServer((_request, response) => {
      const stream = new EventStream(response, { ...options, ...change });
      tell(stream).finally(() => stream[Symbol.dispose]());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      async read() {
        const asked = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
        asked.end();
        const [message] = (await once(asked, 'response')) as [IncomingMessage];
        message.on('error', () => {});
        return message;
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    };
  }

  test('says when to come again, and sends comments while there is nothing to tell', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await serve(
      async (stream) => {
        stream.gone.addEventListener('abort', () => gone.resolve());
        await gone.promise;
      },
      { heartbeatSeconds: 0.01 },
    );
    const message = await server.read();
    let text = '';
    for await (const chunk of message) {
      text += chunk;
      if (text.length > 30) {
        break;
      }
    }
    expect(text).toMatch(/^retry: 1234\n\n(:\n\n){2}/);
    // Leaving is noticed.
    await gone.promise;
  });

  test('makes a slow reader miss what is outdated instead of queueing it', async () => {
    const padding = 'x'.repeat(100_000);
    let sent = 0;
    let newest = 0;
    const told = Promise.withResolvers<void>();
    await using server = await serve(async (stream) => {
      const counting = setInterval(() => newest++, 1);
      while (newest < 300 && !stream.gone.aborted) {
        await stream.send([{ type: 'count', data: { newest, padding } }]);
        sent++;
        await sleep(1);
      }
      clearInterval(counting);
      await stream.send([{ type: 'count', data: { newest: -1, padding: '' } }]);
      told.resolve();
    });
    const message = await server.read();
    // Nothing is read until far more was to be told than a connection holds.
    while (newest < 250) {
      await sleep(5);
    }
    const before = sent;
    message.setEncoding('utf8');
    let text = '';
    for await (const chunk of message) {
      text += chunk;
    }
    await told.promise;
    expect(before).toBeLessThan(newest);
    const counts = [...text.matchAll(/"newest":(-?\d+)/g)].map(([, count]) => Number(count));
    expect(counts.at(-1)).toBe(-1);
    expect(counts.length).toBeLessThan(250);
  });

  test('lets go of a reader that takes nothing any more', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await serve(
      async (stream) => {
        const padding = 'x'.repeat(1_000_000);
        while (!stream.gone.aborted) {
          await stream.send([{ type: 'much', data: padding }]);
        }
        gone.resolve();
      },
      { stallSeconds: 0.05 },
    );
    await server.read();
    await gone.promise;
  });
});
