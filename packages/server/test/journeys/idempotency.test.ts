import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_IDEMPOTENCY_KEY_LENGTH } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  addUser,
  definition,
  rawRequest,
  runJob,
  saveJob,
  sendRaw,
  until,
  uploadFile,
} from '../platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

let count = 0;
const newKey = () => `key-${count++}`;
const named = (name: string) => definition('true', { name });

/** Sends a request with an Idempotency-Key; a FormData body is sent as one, anything else as JSON. */
async function send(
  idempotencyKey: string,
  method: string,
  path: string,
  body?: unknown,
  apiKey = platform.apiKey,
) {
  const isForm = body instanceof FormData;
  const response = await fetch(new URL(`/api/v2/${path}`, platform.url), {
    method,
    headers: {
      authorization: `Token ${apiKey}`,
      'idempotency-key': idempotencyKey,
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    },
    body: isForm ? body : body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    isReplay: response.headers.get('idempotent-replayed') === 'true',
    body: text === '' ? undefined : JSON.parse(text),
  };
}

function form(name: string, bytes: string | Uint8Array<ArrayBuffer>): FormData {
  const data = new FormData();
  data.set('file', new Blob([bytes]), name);
  return data;
}

async function countOf(list: 'jobs' | 'files', search: string): Promise<number> {
  return (await platform.call('GET', `/api/v2/${list}/?search=${search}`)).body.count;
}

/** How many statuses of a kind are in the history of a job. */
async function timesIn(jobId: string, status: string): Promise<number> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/statuses/?page_size=100`);
  return (body.results as Array<{ status: string }>).filter((row) => row.status === status).length;
}

describe('the same request with the same key again', () => {
  test('gets the job that the first one made, as it is now', async () => {
    const key = newKey();
    const first = await send(key, 'POST', 'jobs/', named('made once'));
    expect([first.status, first.isReplay]).toEqual([201, false]);
    await platform.call('PATCH', `/api/v2/jobs/${first.body.id}/`, { description: 'changed' });
    for (const path of ['jobs/', 'jobs', '../v3/jobs/']) {
      const again = await send(key, 'POST', path, named('made once'));
      expect([again.status, again.isReplay]).toEqual([201, true]);
      expect(again.body).toMatchObject({ id: first.body.id, description: 'changed' });
    }
    expect(await countOf('jobs', 'made once')).toBe(1);
  });

  test('gets its warnings again', async () => {
    const key = newKey();
    const body = { ...named('warned'), colour: 'green', folderId: 'AbCdEf' };
    const first = await send(key, 'POST', 'jobs/', body);
    expect(first.body.warnings).toHaveLength(2);
    expect((await send(key, 'POST', 'jobs/', body)).body.warnings).toEqual(first.body.warnings);
  });

  test('submits once, and gets 200', async () => {
    const id = await saveJob(platform, definition('sleep 300'));
    const key = newKey();
    const answers = [
      await send(key, 'POST', `jobs/${id}/submit/`),
      await send(key, 'POST', `jobs/${id}/submit/`),
    ];
    expect(answers).toEqual([
      { status: 200, isReplay: false, body: undefined },
      { status: 200, isReplay: true, body: undefined },
    ]);
    expect(await timesIn(id, 'Pending')).toBe(1);
    expect((await send(newKey(), 'POST', `jobs/${id}/submit/`)).body.code).toBe('job_started');
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  });

  test('clones once, also when the original has gone', async () => {
    const id = await saveJob(platform, named('original'));
    const key = newKey();
    const first = await send(key, 'POST', `jobs/${id}/clone/`);
    await platform.call('DELETE', `/api/v2/jobs/${id}/`);
    const again = await send(key, 'POST', `jobs/${id}/clone/`);
    expect([again.status, again.isReplay, again.body.id]).toEqual([201, true, first.body.id]);
    expect(await countOf('jobs', 'Copy of original')).toBe(1);
  });

  test('makes many jobs once', async () => {
    const key = newKey();
    const body = { jobs: [named('of many 1'), named('of many 2')], submit: true };
    const first = await send(key, 'POST', 'jobs/bulk/', body);
    const again = await send(key, 'POST', 'jobs/bulk/', body);
    expect([again.status, again.isReplay, again.body]).toEqual([201, true, first.body]);
    expect(await countOf('jobs', 'of many')).toBe(2);
    expect(await timesIn(first.body.jobs[0].id, 'Pending')).toBe(1);
  });

  test('executes runs again once', async () => {
    const { id } = await runJob(platform, definition('exit 3'));
    const key = newKey();
    const first = await send(key, 'POST', `jobs/${id}/runs/rerun/`, {});
    expect([first.status, first.isReplay, first.body]).toEqual([202, false, { runs: ['1'] }]);
    const again = await send(key, 'POST', `jobs/${id}/runs/rerun/`, {});
    expect([again.status, again.isReplay, again.body]).toEqual([202, true, { runs: ['1'] }]);
    const run = await until(async () => {
      const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`);
      return body.dateCompleted !== null && body;
    }, 'the end of the second attempt');
    expect(run.attempt).toBe(2);
    // Also when the second attempt has failed, so that another rerun would have something to do.
    expect((await send(key, 'POST', `jobs/${id}/runs/rerun/`, {})).isReplay).toBe(true);
    expect((await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body.attempt).toBe(2);
  });

  test('keeps an upload once, and its bytes', async () => {
    const key = newKey();
    const first = await send(key, 'POST', 'files/contents/', form('kept-once.txt', 'the bytes'));
    const again = await send(key, 'POST', 'files/contents/', form('kept-once.txt', 'the bytes'));
    expect([first.status, first.isReplay, again.status, again.isReplay]).toEqual([201, false, 201, true]);
    expect(again.body).toEqual(first.body);
    expect(await countOf('files', 'kept-once')).toBe(1);
    const { body } = await platform.call('GET', `/api/v2/files/${first.body.id}/lines/`);
    expect(body.lines).toEqual(['the bytes']);
  });

  test('is not refused for what has become wrong since', async () => {
    const input = await uploadFile(platform, 'input.txt');
    const key = newKey();
    const body = definition('true', {}, { inputFiles: [{ id: input.id }] });
    const first = await send(key, 'POST', 'jobs/', body);
    await platform.call('DELETE', `/api/v2/files/${input.id}/`);
    expect((await send(newKey(), 'POST', 'jobs/', body)).status).toBe(400);
    const again = await send(key, 'POST', 'jobs/', body);
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
  });

  test('is told when what it made has been deleted since', async () => {
    const jobKey = newKey();
    const job = await send(jobKey, 'POST', 'jobs/', named('short-lived'));
    await platform.call('DELETE', `/api/v2/jobs/${job.body.id}/`);
    const fileKey = newKey();
    const file = await send(fileKey, 'POST', 'files/contents/', form('short-lived.txt', 'bytes of it'));
    await platform.call('DELETE', `/api/v2/files/${file.body.id}/`);
    for (const { status, body } of [
      await send(jobKey, 'POST', 'jobs/', named('short-lived')),
      await send(fileKey, 'POST', 'files/contents/', form('short-lived.txt', 'bytes of it')),
    ]) {
      expect([status, body.code]).toEqual([409, 'idempotent_result_deleted']);
      expect(body.hint).toContain('new key');
    }
    expect(await countOf('files', 'short-lived')).toBe(0);
  });

  test('means the key with and without quotation marks', async () => {
    const first = await send('"a \\"key\\""', 'POST', 'jobs/', named('quoted'));
    const again = await send('a "key"', 'POST', 'jobs/', named('quoted'));
    expect([again.isReplay, again.body.id]).toEqual([true, first.body.id]);
  });

  test('of somebody else is a request of its own', async () => {
    const { key: theirs } = await addUser(platform, 'other@lab.example');
    const key = newKey();
    const mine = await send(key, 'POST', 'jobs/', named('mine or theirs'));
    const other = await send(key, 'POST', 'jobs/', named('mine or theirs'), theirs);
    expect([other.status, other.isReplay]).toEqual([201, false]);
    expect(other.body.id).not.toBe(mine.body.id);
  });
});

describe('another request with the same key is refused with 422', () => {
  test.each<[string, string, (id: string) => string, unknown]>([
    ['another body', 'POST', () => 'jobs/', named('another')],
    ['a body with a key more', 'POST', () => 'jobs/', { ...named('reused'), colour: 'green' }],
    ['another path', 'POST', (id) => `jobs/${id}/clone/`, undefined],
    ['a path without body', 'POST', (id) => `jobs/${id}/submit/`, undefined],
    ['many of it', 'POST', () => 'jobs/bulk/', { jobs: [named('reused')] }],
    ['an upload', 'POST', () => 'files/contents/', form('reused.txt', 'bytes')],
  ])('%s', async (_what, method, path, body) => {
    const key = newKey();
    const first = await send(key, 'POST', 'jobs/', named('reused'));
    const jobs = await countOf('jobs', '');
    const other = await send(key, method, path(first.body.id), body);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(other.body.hint).toContain('new key');
    expect([await countOf('jobs', ''), await countOf('files', 'reused')]).toEqual([jobs, 0]);
  });

  test.each<[string, string, FormData]>([
    ['other bytes of the same length', 'POST', form('a.txt', 'BYTES')],
    ['other bytes', 'POST', form('a.txt', 'more bytes')],
    ['another name', 'POST', form('b.txt', 'bytes')],
    ['another method', 'PUT', form('a.txt', 'bytes')],
  ])('an upload with %s', async (_what, method, other) => {
    const key = newKey();
    const first = await send(key, 'POST', 'files/contents/', form('a.txt', 'bytes'));
    expect(first.status).toBe(201);
    const files = await countOf('files', '');
    const second = await send(key, method, 'files/contents/', other);
    expect([second.status, second.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await countOf('files', '')).toBe(files);
  });
});

test('a request that was refused leaves its key unused', async () => {
  const key = newKey();
  expect((await send(key, 'POST', 'jobs/', { name: 'no analysis' })).status).toBe(400);
  const wrong = definition('true', {}, { hardware: { coreType: 'none', coresPerSlot: 1 } });
  expect((await send(key, 'POST', 'jobs/', wrong)).status).toBe(400);
  const id = await saveJob(platform);
  await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
  expect((await send(key, 'POST', `jobs/${id}/submit/`)).status).toBe(400);
  const good = await send(key, 'POST', 'jobs/', named('mended'));
  expect([good.status, good.isReplay]).toEqual([201, false]);
});

describe('requests with one key at the same moment', () => {
  test('make one job, of fifty', async () => {
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send(key, 'POST', 'jobs/', named('at once'))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(await countOf('jobs', 'at once')).toBe(1);
  });

  test('submit once', async () => {
    const id = await saveJob(platform, definition('sleep 300'));
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(key, 'POST', `jobs/${id}/submit/`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(await timesIn(id, 'Pending')).toBe(1);
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  });

  test('keep one file, whole', async () => {
    const key = newKey();
    const bytes = new Uint8Array(3_000_000).fill(7);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(key, 'POST', 'files/contents/', form('at-once.dat', bytes))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const ids = new Set(answers.map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(await countOf('files', 'at-once')).toBe(1);
    const response = await fetch(new URL(`/api/v2/files/${[...ids][0]}/contents/`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('that want different things leave one of them', async () => {
    const key = newKey();
    const jobs = await Promise.all(
      ['this', 'that'].map((word) => send(key, 'POST', 'jobs/', named(`either ${word}`))),
    );
    expect(jobs.map(({ status }) => status).sort()).toEqual([201, 422]);
    expect(await countOf('jobs', 'either')).toBe(1);
    const uploads = await Promise.all(
      ['this', 'that'].map((word) => send(newKey(), 'POST', 'files/contents/', form('one.txt', word))),
    );
    expect(uploads.map(({ status }) => status)).toEqual([201, 201]);
    const one = newKey();
    const same = await Promise.all(
      ['this', 'that'].map((word) => send(one, 'POST', 'files/contents/', form('two.txt', word))),
    );
    expect(same.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  test('do not wait for an upload that never ends', async () => {
    const key = newKey();
    const incoming = join(platform.dataDir, 'incoming');
    const { hostname, port } = new URL(platform.url);
    const half = connect(Number(port), hostname);
    half.on('error', () => {});
    const part = '--XX\r\nContent-Disposition: form-data; name="file"; filename="late.txt"\r\n\r\n';
    half.write(
      rawRequest(platform, 'POST', '/api/v2/files/contents/', {
        headers: [
          `Idempotency-Key: ${key}`,
          'Content-Type: multipart/form-data; boundary=XX',
          `Content-Length: ${4 * 1024 ** 2}`,
        ],
        body: part + 'x'.repeat(2 * 1024 ** 2),
      }),
    );
    await until(async () => (await readdir(incoming)).length > 0, 'the first upload to begin');
    const second = await send(key, 'POST', 'files/contents/', form('late.txt', 'whole'));
    expect([second.status, second.isReplay]).toEqual([201, false]);
    half.destroy();
    await until(async () => (await readdir(incoming)).length === 0, 'the first upload to be given up');
  });
});

describe('a key', () => {
  test.each([
    ['empty', ''],
    ['only quotation marks', '""'],
    ['too long', 'x'.repeat(MAX_IDEMPOTENCY_KEY_LENGTH + 1)],
    ['with a tab', 'a\tb'],
    ['with letters that are not ASCII', 'schl\u00fcssel'],
  ])('that is %s is refused in words', async (_what, key) => {
    const body = JSON.stringify(named('bad key'));
    const { status, text } = await sendRaw(
      platform,
      rawRequest(platform, 'POST', '/api/v2/jobs/', { headers: [`Idempotency-Key: ${key}`], body }),
    );
    expect([status, JSON.parse(text)]).toEqual([
      400,
      {
        detail: expect.stringContaining('Idempotency-Key'),
        code: 'idempotency_key_invalid',
        hint: expect.stringContaining(String(MAX_IDEMPOTENCY_KEY_LENGTH)),
      },
    ]);
    expect(await countOf('jobs', 'bad key')).toBe(0);
  });

  test('of the greatest length is as good as any', async () => {
    const key = 'x'.repeat(MAX_IDEMPOTENCY_KEY_LENGTH);
    const first = await send(key, 'POST', 'jobs/', named('long key'));
    expect((await send(key, 'POST', 'jobs/', named('long key'))).body.id).toBe(first.body.id);
  });

  test('means nothing where it is not known', async () => {
    const id = await saveJob(platform);
    const key = newKey();
    for (const name of ['one', 'two']) {
      const { status, isReplay, body } = await send(key, 'PATCH', `jobs/${id}/`, { name });
      expect([status, isReplay, body.name]).toEqual([200, false, name]);
    }
    expect((await send('', 'GET', 'jobs/')).status).toBe(200);
  });
});

describe('after a crash', () => {
  const database = () =>
    new DatabaseSync(join(platform.dataDir, 'quarry.db'), { readOnly: true, timeout: 5000 });
  const isKept = (key: string) => {
    const db = database();
    try {
      return db.prepare('SELECT 1 FROM idempotency_keys WHERE key = ?').get(key) !== undefined;
    } finally {
      db.close();
    }
  };

  test('between the work and its answer, the same request again gets what was made', async () => {
    const saved = await saveJob(platform, definition('sleep 300'));
    const requests: Array<[method: string, path: string, body: unknown]> = [
      ['POST', 'jobs/', named('crashed')],
      ['POST', 'jobs/bulk/', { jobs: [named('crashed')], submit: true }],
      ['POST', `jobs/${saved}/submit/`, undefined],
      ['POST', 'files/contents/', form('crashed.txt', 'bytes')],
    ];
    const keys = requests.map(newKey);
    // Whether an answer still comes is left to chance.
    const lost = requests.map((request, index) => send(keys[index]!, ...request).catch(() => undefined));
    await until(async () => keys.every(isKept), 'the keys to be kept');
    await platform.kill();
    await Promise.all(lost);
    await platform.restart();
    for (const [index, request] of requests.entries()) {
      const { status, isReplay } = await send(keys[index]!, ...request);
      expect([request[1], status, isReplay]).toEqual([
        request[1],
        request[1].includes('submit') ? 200 : 201,
        true,
      ]);
    }
    expect([await countOf('jobs', 'crashed'), await countOf('files', 'crashed')]).toEqual([2, 1]);
    expect(await timesIn(saved, 'Pending')).toBe(1);
    await platform.call('POST', `/api/v2/jobs/${saved}/stop/`);
  });

  test('at whatever moment, many jobs are there whole or not at all, and once when repeated', async () => {
    for (const [round, delay] of [20, 120, 250, 400].entries()) {
      const key = newKey();
      const body = { jobs: Array.from({ length: 300 }, (_, index) => named(`crash${round} ${index}`)) };
      const lost = send(key, 'POST', 'jobs/bulk/', body).catch(() => undefined);
      await sleep(delay);
      await platform.kill();
      await lost;
      await platform.restart();
      const made = await countOf('jobs', `crash${round}`);
      expect([0, 300]).toContain(made);
      const again = await send(key, 'POST', 'jobs/bulk/', body);
      expect([again.status, again.isReplay]).toEqual([201, made > 0]);
      expect(await countOf('jobs', `crash${round}`)).toBe(300);
    }
  });
});

test('a key is forgotten when its time is over, and not before', async () => {
  const [old, young] = [newKey(), newKey()];
  const first = await send(old, 'POST', 'jobs/', named('old'));
  const second = await send(young, 'POST', 'jobs/', named('young'));
  const hoursAgo = (hours: number) =>
    new Date(Date.now() - hours * 3600_000).toISOString().replace('Z', '000Z');
  const db = new DatabaseSync(join(platform.dataDir, 'quarry.db'), { timeout: 5000 });
  const age = db.prepare('UPDATE idempotency_keys SET date_inserted = ? WHERE key = ?');
  age.run(hoursAgo(LIMITS.idempotencyKeyHours + 0.1), old);
  age.run(hoursAgo(LIMITS.idempotencyKeyHours - 0.1), young);
  db.close();
  // The server does its upkeep every minute, and once more when it ends.
  expect(await platform.stop()).toBe(0);
  await platform.restart();
  const again = await send(young, 'POST', 'jobs/', named('young'));
  expect([again.isReplay, again.body.id]).toEqual([true, second.body.id]);
  const anew = await send(old, 'POST', 'jobs/', named('old'));
  expect([anew.status, anew.isReplay]).toEqual([201, false]);
  expect(anew.body.id).not.toBe(first.body.id);
});
