import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.ts';
import { type Answer, type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  addUser,
  definition,
  makeApiKey,
  reach,
  runJob,
  saveJob,
  submitJob,
  until,
} from '../platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const LONG = 55;
const pathOf = (jobId: string, query: string) => `/api/v2/jobs/${jobId}/statuses/?page_size=100&${query}`;
const ask = (jobId: string, query: string, key?: string) =>
  platform.call('GET', pathOf(jobId, query), undefined, key);
const stop = (jobId: string) => platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
const newest = ({ body }: Answer): { id: string; status: string } | undefined => body.results[0];

/** A request that waits: others that were sent after it have come back, and it has not. */
async function waiting(jobId: string, query: string): Promise<{ answer: Promise<Answer> }> {
  const answer = ask(jobId, query);
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  answer.then(settle, settle);
  for (let looks = 0; looks < 3; looks++) {
    await ask(jobId, '');
  }
  expect(isSettled).toBe(false);
  return { answer };
}

async function running(): Promise<{ jobId: string; last: string }> {
  const jobId = await submitJob(platform, definition('sleep 300'));
  await reach(platform, jobId, 'Executing');
  return { jobId, last: newest(await ask(jobId, ''))!.id };
}

test('the server says that it can wait', async () => {
  expect((await platform.call('GET', '/api/v2/server/')).body.features).toContain('status-wait');
});

test('an answer comes at once when the client does not know the newest row', async () => {
  const { id } = await runJob(platform);
  const rows = (await ask(id, '')).body.results as Array<{ id: string }>;
  for (const query of [`wait=${LONG}`, `wait=${LONG}&since=${rows[1]!.id}`, `wait=${LONG}&since=unknown`]) {
    expect((await ask(id, query)).body.results).toEqual(rows);
  }
});

test('a client that knows the newest row is answered by the next one', async () => {
  const { jobId, last } = await running();
  const { answer } = await waiting(jobId, `wait=${LONG}&since=${last}`);
  await stop(jobId);
  const { status, body } = await answer;
  expect(status).toBe(200);
  expect(body.results[0].id).not.toBe(last);
  expect(body.results.map(({ id }: { id: string }) => id)).toContain(last);
});

test('a job that is saved is waited for until it is submitted', async () => {
  const jobId = await saveJob(platform);
  const { answer } = await waiting(jobId, `wait=${LONG}`);
  await platform.call('POST', `/api/v2/jobs/${jobId}/submit/`);
  expect((await answer).body.results.at(-1).status).toBe('Pending');
});

test('waiting from row to row misses none, and ends with the job', async () => {
  const jobId = await submitJob(platform, definition('true'));
  const seen: string[] = [];
  let since = '';
  while (seen.at(-1) !== 'Completed') {
    const rows = (await ask(jobId, `wait=${LONG}&since=${since}`)).body.results as Array<{
      id: string;
      status: string;
    }>;
    const known = rows.findIndex(({ id }) => id === since);
    const fresh = known < 0 ? rows : rows.slice(0, known);
    seen.push(...fresh.map(({ status }) => status).toReversed());
    since = rows[0]!.id;
  }
  expect(seen).toEqual(['Pending', 'Queued', 'Started', 'Validated', 'Executing', 'Completed']);
});

test('when the time is over the list comes as it is', async () => {
  const { jobId, last } = await running();
  expect(newest(await ask(jobId, `wait=1&since=${last}`))!.id).toBe(last);
  expect(newest(await ask(jobId, `wait=0&since=${last}`))!.id).toBe(last);
  expect((await ask(jobId, 'wait=soon')).status).toBe(400);
  await stop(jobId);
});

test('HEAD and further pages do not wait', async () => {
  const { id } = await runJob(platform);
  const last = newest(await ask(id, ''))!.id;
  const query = `page_size=2&wait=${LONG}&since=${last}`;
  const path = `/api/v2/jobs/${id}/statuses/?${query}`;
  expect((await platform.call('HEAD', path)).status).toBe(200);
  expect((await platform.call('GET', `${path}&page=2`)).body.results).toHaveLength(2);
});

test('a job that is deleted while a client waits is 404 for it', async () => {
  const { id } = await runJob(platform);
  const last = newest(await ask(id, ''))!.id;
  const { answer } = await waiting(id, `wait=${LONG}&since=${last}`);
  expect((await platform.call('DELETE', `/api/v2/jobs/${id}/`)).status).toBe(204);
  expect((await answer).status).toBe(404);
});

test('a key that is revoked while its client waits is refused', async () => {
  const someone = await addUser(platform, 'revoked@lab.example');
  const { id: keyId, key } = await makeApiKey(platform, { name: 'short' }, someone.key);
  const jobId = await saveJob(platform, definition(), key);
  const answer = ask(jobId, `wait=${LONG}`, key);
  await until(async () => {
    const used = await platform.call('GET', '/api/v2/users/me/api-keys/', undefined, someone.key);
    return used.status === 200;
  });
  await platform.call('DELETE', `/api/v2/users/me/api-keys/${keyId}/`, undefined, someone.key);
  expect((await answer).status).toBe(401);
});

test('an administrator who is one no longer while waiting is refused the jobs of others', async () => {
  const someone = await addUser(platform, 'demoted@lab.example', { role: 'admin' });
  const jobId = await saveJob(platform, definition());
  const answer = ask(jobId, `wait=${LONG}`, someone.key);
  for (let looks = 0; looks < 3; looks++) {
    await ask(jobId, '');
  }
  await platform.call('PATCH', `/api/v2/users/${someone.id}/`, { role: 'member' });
  expect((await answer).status).toBe(404);
});

test('as many requests wait as one user may have, the next is told when to come again, and news reach all', async () => {
  const someone = await addUser(platform, 'many@lab.example');
  const jobId = await saveJob(platform, definition(), someone.key);
  const wait = (query = `wait=${LONG}`, signal?: AbortSignal) =>
    fetch(new URL(pathOf(jobId, query), platform.url), {
      headers: { authorization: `Token ${someone.key}` },
      ...(signal && { signal }),
    });
  /** Waits again where a look of the test itself was in the place. */
  const waitSurely = async (signal?: AbortSignal) => {
    for (;;) {
      const response = await wait(undefined, signal);
      await response.body?.cancel();
      if (response.status !== 429) {
        return response.status;
      }
    }
  };
  const all = (signal?: AbortSignal) => Array.from({ length: LIMITS.waitsPerUser }, () => waitSurely(signal));

  const leaving = new AbortController();
  const left = all(leaving.signal);
  const isFull = async () => {
    const response = await wait('wait=1');
    await response.body?.cancel();
    return response.status === 429;
  };
  await until(isFull, 'the places to be taken');
  leaving.abort();
  expect((await Promise.allSettled(left)).every(({ status }) => status === 'rejected')).toBe(true);
  await until(async () => !(await isFull()), 'the places of those who left');

  const answers = all();
  await until(isFull, 'the places to be taken again');
  const refused = await wait();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({ code: 'too_many_requests' });
  // Another user's place is not theirs.
  expect((await ask(jobId, 'wait=1')).status).toBe(200);
  await platform.call('POST', `/api/v2/jobs/${jobId}/submit/`, undefined, someone.key);
  const statuses = await Promise.all(answers);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('a server that stops lets those who wait go', async () => {
  await using stopping = await startPlatform();
  const jobId = await saveJob(stopping);
  const path = `/api/v2/jobs/${jobId}/statuses/`;
  const answer = stopping.call('GET', `${path}?wait=${LONG}`).then(
    ({ status }) => status,
    () => 'cut off',
  );
  await stopping.call('GET', path);
  expect(await stopping.stop()).toBe(0);
  expect(await answer).toBe(200);
});
