/** The server as those see it who watch it: its log of requests, whether it is ready, and its numbers. */
import { rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../src/version.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { parseExposition } from './exposition.ts';
import {
  addUser,
  agentOf,
  definition,
  reach,
  saveJob,
  submitJob,
  until,
  uploadFile,
} from './platform-harness.ts';

const TOKEN = 'a-token-of-enough-characters';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({
    cores: 1,
    environment: { QUARRY_METRICS_TOKEN: TOKEN, QUARRY_LOG_LEVEL: 'debug' },
  });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const lines = () =>
  platform
    .log()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const lineOf = (request: string | null) =>
  until(async () => lines().find((line) => line.request === request && line.msg === 'request'));

async function ask(
  path: string,
  { method = 'GET', key = platform.apiKey, ...init }: RequestInit & { key?: string | null } = {},
) {
  const response = await fetch(new URL(path, platform.url), {
    ...init,
    method,
    headers: { ...(key === null ? {} : { authorization: `Token ${key}` }), ...init.headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('the log of requests', () => {
  test('has a line for each, by template and user, under the id that the answer carries', async () => {
    const id = await saveJob(platform);
    const { headers } = await ask(`/api/v2/jobs/${id}/?secret=in-the-query`);
    const request = headers.get('x-request-id');
    const { body: me } = await platform.call('GET', '/api/v2/users/me/');
    expect(await lineOf(request)).toMatchObject({
      level: 20,
      method: 'GET',
      route: '/api/v2/jobs/:jobId/',
      status: 200,
      user: me.id,
      milliseconds: expect.any(Number),
      receivedBytes: expect.any(Number),
      sentBytes: expect.any(Number),
    });
  });

  test.each([
    ['POST', '/api/v2/jobs/', 400, 30],
    ['GET', '/api/v2/jobs/AbSent/', 404, 30],
    ['GET', '/api/v2/jobs/', 200, 20],
    ['HEAD', '/api/v2/jobs/', 200, 20],
    ['OPTIONS', '/api/v2/jobs/', 204, 20],
    ['DELETE', '/api/v2/jobs/', 405, 30],
    ['GET', '/api/v2/nothing/', 404, 30],
    ['GET', '/%zz', 400, 30],
    ['GET', '/', 200, 20],
  ])('%s %s with %i is of level %i', async (method, path, status, level) => {
    const { headers, status: answered } = await ask(path, { method });
    expect(answered).toBe(status);
    expect(await lineOf(headers.get('x-request-id'))).toMatchObject({ method, status, level });
  });

  test('takes over the id that a proxy gave, and no other text', async () => {
    const given = await ask('/api/v2/users/me/', { headers: { 'x-request-id': 'proxy.7_a-b' } });
    expect(given.headers.get('x-request-id')).toBe('proxy.7_a-b');
    const forged = await ask('/api/v2/users/me/', { headers: { 'x-request-id': '"},{"level":60' } });
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{17}$/);
  });

  test('every answer has one, however it ends', async () => {
    const answers = [
      await ask('/healthz', { key: null }),
      await ask('/api/v2/jobs/', { key: 'wrong' }),
      await ask('/api/v2/files/contents/', { method: 'POST' }),
      await ask('/api/v2/files/uploads/', { method: 'OPTIONS' }),
      await ask('/assets/nothing', { key: null }),
    ];
    for (const { headers } of answers) {
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{17}$/);
    }
    const { id: file } = await uploadFile(platform, 'a.txt', 'some bytes');
    const { headers } = await ask(`/api/v2/files/${file}/contents/`);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{17}$/);
    const { port } = new URL(platform.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end('this is no request\r\n\r\n');
    const [head] = (await socket.toArray()).map(String).join('').split('\r\n\r\n');
    const id = /^x-request-id: (\S+)$/im.exec(head!)?.[1];
    expect(await until(async () => lines().find(({ request }) => request === id))).toMatchObject({
      level: 30,
      status: 400,
      code: 'bad_request',
    });
  });

  test('has no key, no query, no name of a file and no id of a path in it', async () => {
    const ann = await addUser(platform, 'ann-whose-name-is-hers@lab.example');
    const { id: file } = await uploadFile(platform, 'secret-name.txt', 'x', ann.key);
    await ask(`/api/v2/files/?search=secret-word&token=${ann.key}`, { key: ann.key });
    await ask(`/api/v2/files/${file}/contents/`, { key: `${ann.key}x` });
    const { headers } = await ask(`/api/v2/jobs/AbSent/runs/1/tail/secret-path.log`, { key: ann.key });
    await lineOf(headers.get('x-request-id'));
    const log = platform.log();
    for (const secret of [ann.key, platform.apiKey, TOKEN, 'secret-', 'whose-name', file]) {
      expect(log).not.toContain(secret);
    }
  });

  test('a client that leaves before its answer is there has a line, and is not in flight any more', async () => {
    const id = await submitJob(platform, definition('sleep 600'));
    await reach(platform, id, 'Executing');
    const request = 'left.early';
    const leaving = new AbortController();
    const { status } = await fetch(new URL(`/api/v2/jobs/${id}/events/`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}`, 'x-request-id': request },
      signal: leaving.signal,
    });
    expect(status).toBe(200);
    leaving.abort();
    expect(await lineOf(request)).toMatchObject({ brokenOff: true, route: '/api/v2/jobs/:jobId/events/' });
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
  });
});

test('an upload that breaks off before there was an answer is told as one that failed', async () => {
  const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
  const head = [
    'POST /api/v2/jobs/ HTTP/1.1',
    'Host: here',
    `Authorization: Token ${platform.apiKey}`,
    'X-Request-Id: broken.off',
    'Content-Length: 100',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n{"name":`, () => socket.destroy());
  expect(await lineOf('broken.off')).toMatchObject({ level: 30, status: 499, brokenOff: true });
});

test('requests that wait for their turn on a connection that breaks are not in flight for ever', async () => {
  const breakOff = (path: string) =>
    new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
      const request = `GET ${path} HTTP/1.1\r\nHost: here\r\nAuthorization: Token ${platform.apiKey}\r\n\r\n`;
      socket.once('data', () => socket.destroy());
      socket.once('close', () => resolve());
      socket.write(request.repeat(50));
    });
  const inFlight = async () => {
    const { text } = await ask('/metrics');
    return parseExposition(text).value('quarry_http_requests_in_flight');
  };
  for (const path of ['/api/v2/jobs/', '/%zz', '/api/v2/nothing/']) {
    await breakOff(path);
  }
  // This one.
  await until(async () => (await inFlight()) === 1);
  expect(platform.log()).not.toContain('MaxListeners');
});

describe('the version of the server', () => {
  test('stands on answers of the API and on no others', async () => {
    for (const path of ['/api/v2/jobs/', '/api/v2/nothing/', '/api/v2/jobs/AbSent/', '/api/nothing']) {
      expect((await ask(path, { key: null })).headers.get('quarry-version')).toBe(VERSION);
    }
    for (const path of ['/healthz', '/readyz', '/metrics', '/', '/nothing']) {
      expect((await ask(path, { key: null })).headers.get('quarry-version')).toBeNull();
    }
  });

  test('a path that no version served here has is told from a thing that is not there', async () => {
    const path = await platform.call('GET', '/api/v2/teapots/abc/');
    expect([path.status, path.body]).toEqual([
      404,
      {
        detail: 'There is nothing at /api/v2/teapots/abc/.',
        code: 'unknown_path',
        hint: expect.stringContaining(VERSION),
      },
    ]);
    expect((await platform.call('GET', '/api/v2/jobs/AbSent/')).body.code).toBe('not_found');
  });
});

describe('health', () => {
  test('is told to anybody, without details, and whatever key they send', async () => {
    for (const path of ['/healthz', '/readyz']) {
      for (const key of [null, 'wrong', platform.apiKey]) {
        const { status, text } = await ask(path, { key });
        expect([path, status, text]).toEqual([path, 200, '{"status":"ok"}']);
      }
    }
    // More than an address may send of wrong keys.
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('/readyz', { key: 'wrong' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('a server whose store is gone is not ready, says no more of it, and is ready again', async () => {
    await using other = await startPlatform();
    const ready = async () => {
      const response = await fetch(new URL('/readyz', other.url));
      return { status: response.status, text: await response.text() };
    };
    expect((await ready()).status).toBe(200);
    const [blobs, away] = [join(other.dataDir, 'blobs'), join(other.dataDir, 'away')];
    await rename(blobs, away);
    const refused = await until(async () => {
      const answer = await ready();
      return answer.status === 503 && answer;
    });
    expect(refused.text).not.toContain(other.dataDir);
    expect(JSON.parse(refused.text)).toEqual({
      detail: expect.any(String),
      code: 'not_ready',
      hint: expect.any(String),
      requestId: expect.any(String),
    });
    expect((await fetch(new URL('/healthz', other.url))).status).toBe(200);
    await rename(away, blobs);
    await until(async () => (await ready()).status === 200);
    const told = other
      .log()
      .split('\n')
      .filter((line) => /the server is (not )?ready/.test(line));
    expect(told.map((line) => JSON.parse(line).msg)).toEqual([
      'the server is not ready',
      'the server is ready again',
    ]);
  });
});

describe('metrics', () => {
  const scrape = async () => {
    const { status, headers, text } = await ask('/metrics', {
      key: null,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return parseExposition(text);
  };

  test('are for the token and for keys of administrators, not for whoever is on this machine', async () => {
    const ann = await addUser(platform, 'ben@lab.example');
    const admin = await addUser(platform, 'admin@lab.example', { role: 'admin' });
    const asked = [null, 'wrong', `${TOKEN}x`, TOKEN.slice(1), ann.key, admin.key, TOKEN, platform.apiKey];
    const statuses = [];
    for (const key of asked) {
      statuses.push((await ask('/metrics', { key })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 403, 200, 200, 200]);
  });

  test('the token opens nothing else', async () => {
    for (const path of ['/api/v2/users/me/', '/api/v2/users/', '/api/v2/events-log/', '/api/v2/jobs/']) {
      expect((await ask(path, { key: TOKEN })).status).toBe(401);
    }
  });

  test('are written as Prometheus reads them: each series once, histograms that add up', async () => {
    await ask('/api/v2/jobs/');
    const { families } = await scrape();
    expect([...families.keys()]).toEqual(
      expect.arrayContaining([
        ...[
          'process_cpu_user_seconds_total',
          'nodejs_eventloop_lag_p99_seconds',
          'nodejs_heap_size_used_bytes',
        ],
        ...['quarry_info', 'quarry_http_requests_total', 'quarry_http_request_duration_seconds'],
        ...[
          'quarry_http_requests_in_flight',
          'quarry_http_received_bytes_total',
          'quarry_http_sent_bytes_total',
        ],
        ...[
          'quarry_jobs',
          'quarry_queue_length',
          'quarry_runs',
          'quarry_runs_ended_total',
          'quarry_clusters',
        ],
        ...['quarry_agents_silent', 'quarry_files', 'quarry_stored_blobs', 'quarry_stored_bytes'],
        ...['quarry_disk_free_bytes', 'quarry_uploads_open', 'quarry_task_runs_total'],
        ...['quarry_task_failures_total', 'quarry_task_last_success_timestamp_seconds'],
        ...[
          'quarry_database_commit_duration_seconds',
          'quarry_database_wal_bytes',
          'quarry_database_writes_total',
        ],
      ]),
    );
  });

  test('count requests by template, however the paths differ', async () => {
    const one = { method: 'GET', route: '/api/v2/files/:fileId/', status: '4xx' };
    const before = (await scrape()).value('quarry_http_requests_total', one) ?? 0;
    for (const id of ['AbSent', 'AlsoNo', 'NotOne']) {
      await ask(`/api/v2/files/${id}/`);
    }
    await ask('/api/v3/files/AbSent/');
    const after = await scrape();
    expect(after.value('quarry_http_requests_total', one)).toBe(before + 4);
    // This one.
    expect(after.value('quarry_http_requests_in_flight')).toBe(1);
  });

  test('an invented method or path makes no series of its own', async () => {
    for (const path of ['/a', '/b', '/api/v2/c/', '/api/v2/jobs/x/y/z/']) {
      await ask(path);
    }
    await ask('/d', { method: 'PROPFIND' });
    const { families } = await scrape();
    const routes = new Set(families.get('quarry_http_requests_total')!.map(({ labels }) => labels.route));
    for (const route of routes) {
      expect(route).toMatch(/^(unknown|\/|\/(healthz|readyz|metrics)|\/(api|assets)\/[a-z0-9:.*/A-Z-]+)$/);
    }
    expect([...routes].filter((route) => /\/[abcd]\b|x\/y/.test(route!))).toEqual([]);
  });

  test('tell of jobs that wait and execute, of runs and agents, and of what is stored', async () => {
    const first = await submitJob(platform, definition('sleep 600'));
    await reach(platform, first, 'Executing');
    const second = await submitJob(platform);
    const numbers = await until(async () => {
      const found = await scrape();
      return found.value('quarry_queue_length') === 1 && found;
    }, 'a job in the queue');
    const jobs = (status: string) => numbers.value('quarry_jobs', { status });
    expect(jobs('Executing')).toBe(1);
    expect(jobs('Saved')).toBeGreaterThan(0);
    expect(numbers.value('quarry_clusters')).toBe(1);
    expect(numbers.value('quarry_agents_silent')).toBe(0);
    expect(numbers.value('quarry_runs', { state: 'planned' })).toBe(1);
    expect(numbers.value('quarry_runs', { state: 'with_agent' })).toBe(1);
    expect(numbers.value('quarry_files')).toBeGreaterThan(0);
    expect(numbers.value('quarry_disk_free_bytes')).toBeGreaterThan(0);
    expect(numbers.value('quarry_database_wal_bytes')).toBeGreaterThan(0);
    expect(await agentOf(platform, first)).toBeGreaterThan(0);
    const ended = numbers.value('quarry_runs_ended_total', { outcome: 'success' }) ?? 0;
    await platform.call('POST', `/api/v2/jobs/${first}/stop/`);
    await reach(platform, second, 'Completed');
    expect((await scrape()).value('quarry_runs_ended_total', { outcome: 'success' })).toBe(ended + 1);
  });

  test('have every task in the background, with when it last went well', async () => {
    const { families } = await scrape();
    const names = families.get('quarry_task_runs_total')!.map(({ labels }) => labels.task);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['idle uploads', 'old idempotency keys', 'space set aside', 'last use of keys'],
        ...['count of what is stored', 'scheduling', 'reconciliation', 'look for ended agents'],
        ...['reading the catalogue', 'giving memory back', 'persistent clusters'],
      ]),
    );
    const succeeded = families.get('quarry_task_last_success_timestamp_seconds')!;
    const scheduling = succeeded.find(({ labels }) => labels.task === 'scheduling')!;
    expect(Math.abs(Date.now() / 1000 - scheduling.value)).toBeLessThan(600);
  });

  test('name no user, project, job or file', async () => {
    const { body: project } = await platform.call('POST', '/api/v2/projects/', { name: 'secret-project' });
    const id = await saveJob(platform, definition('true', { name: 'secret-job', projectId: project.id }));
    await ask(`/api/v2/jobs/${id}/`);
    const { text } = await scrape();
    for (const name of ['secret-project', 'secret-job', project.id, id, 'lab.example', platform.dataDir]) {
      expect(text).not.toContain(name);
    }
  });
});

test('a token that is too short is refused without being shown', async () => {
  const starting = startPlatform({ environment: { QUARRY_METRICS_TOKEN: 'short-secret' } });
  await expect(starting).rejects.toThrow('QUARRY_METRICS_TOKEN must be 16 to 256 visible ASCII characters');
  await expect(starting).rejects.not.toThrow('short-secret');
});
