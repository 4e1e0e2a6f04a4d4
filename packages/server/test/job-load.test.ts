/** What a job used of its cluster, and what was done with it, in the calls that clients of the original API make. */
import type { LoadMeasurement } from '@quarry/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, reach, runJob, saveJob, submitJob, until } from './platform-harness.ts';

let platform: Platform;
let busy: string;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4, config: 'usage_sample_seconds = 1\n' });
  busy = await submitJob(platform, definition('while :; do :; done'));
  await until(async () => {
    const { body } = await call('GET', `jobs/${busy}/runs/1/usage/`);
    return body.points.length >= 4;
  }, 'some samples');
  await call('POST', `jobs/${busy}/stop/`);
  await reach(platform, busy, 'Completed');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key = platform.apiKey) =>
  platform.call(method, `/api/v3/${path}`, body, key);
/** Asks for a page of load, and fetches the answer. */
async function loadOf(jobId: string, query = ''): Promise<LoadMeasurement[]> {
  const { status, body } = await call('GET', `jobs/${jobId}/servers/load/${query}`);
  expect([status, body]).toEqual([200, { token: expect.any(String), totalPages: expect.any(Number) }]);
  const answer = await call('GET', `tasks/${body.token}/`);
  expect(answer.body.ready).toBe(true);
  return answer.body.result;
}
const usedBy = (load: LoadMeasurement[]) =>
  load.reduce((sum, { cpuCores, seconds }) => sum + cpuCores! * seconds, 0);

test('the load of a job is asked for and fetched, and is what its runs have used', async () => {
  const { points } = (await call('GET', `jobs/${busy}/runs/1/usage/`)).body;
  const used = points.at(-1).cpuSeconds;
  const load = await loadOf(busy, '?offset=1&period=1&p=1');
  expect(load.length).toBeGreaterThanOrEqual(3);
  expect(usedBy(load)).toBeGreaterThan(used * 0.9);
  expect(usedBy(load)).toBeLessThan(used * 1.1);
  for (const { cpuCores, cpuPercent, runs } of load) {
    expect([runs, cpuPercent]).toEqual([1, Math.round(cpuCores! * 1000) / 10]);
  }
  const dates = load.map(({ date }) => date);
  expect(dates).toEqual(dates.toSorted());
  const measured = await platform.call('GET', `/api/v2/jobs/${busy}/cluster-load-measurements/?hours=1`);
  expect(measured.status).toBe(200);
  expect(usedBy(measured.body)).toBeGreaterThan(used * 0.9);
  expect(measured.body[0]).toMatchObject({ runs: 1, diskBytes: expect.any(Number) });
});

test('a job of short runs, and one that was never submitted, have no load', async () => {
  for (const id of [(await runJob(platform)).id, await saveJob(platform)]) {
    expect(await loadOf(id)).toEqual([]);
    expect((await call('GET', `jobs/${id}/cluster-load-measurements/`)).body).toEqual([]);
  }
});

test('pages that are not there and numbers that are none are refused', async () => {
  expect((await call('GET', `jobs/${busy}/servers/load/?p=2`)).status).toBe(404);
  for (const query of ['offset=0', 'offset=x', 'period=0', 'p=0', 'period=100000000']) {
    const { status, body } = await call('GET', `jobs/${busy}/servers/load/?${query}`);
    expect([query, status, Object.keys(body)]).toEqual([query, 400, [query.split('=')[0]]]);
  }
  expect((await call('GET', `jobs/${busy}/cluster-load-measurements/?hours=100000`)).status).toBe(400);
});

test('a token is for whoever got it, as long as they may see the job, and survives a restart', async () => {
  const ann = await addUser(platform, 'ann@lab.example');
  const id = await saveJob(platform, definition(), ann.key);
  const { token } = (await call('GET', `jobs/${id}/servers/load/`, undefined, ann.key)).body;
  const fetchIt = (key: string, as = token) => call('GET', `tasks/${as}/`, undefined, key);
  expect((await fetchIt(ann.key)).body).toEqual({ ready: true, result: [] });
  // Not even an administrator's: it is an answer to somebody.
  expect((await fetchIt(platform.apiKey)).status).toBe(404);
  const [text, signature] = token.split('.');
  const other = JSON.parse(Buffer.from(text, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...other, question: { ...other.question, jobId: busy } }));
  for (const wrong of [
    ...[`${forged.toString('base64url')}.${signature}`, `${text}.`, text, 'AbCdEf', `${token}.x`],
    `${text}.${'A'.repeat(signature.length)}`,
  ]) {
    expect((await fetchIt(ann.key, wrong)).status).toBe(404);
  }
  await platform.stop();
  await platform.restart();
  expect((await fetchIt(ann.key)).status).toBe(200);
  await call('DELETE', `jobs/${id}/`, undefined, ann.key);
  expect((await fetchIt(ann.key)).status).toBe(404);
});

test('the log of a job tells what was done with it, the latest first', async () => {
  const { status, body } = await call('GET', `jobs/${busy}/logs/`);
  expect(status).toBe(200);
  const messages = body.map(({ message }: { message: string }) => message);
  expect(messages.at(-1)).toMatch(/^Job created by /);
  expect(messages).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Job submitted by /),
      'Job is Executing',
      expect.stringMatching(/^Cluster is Started/),
      expect.stringMatching(/^Job stopped by /),
      expect.stringMatching(/^Job is Completed: /),
    ]),
  );
  const dates = body.map(({ date }: { date: string }) => date);
  expect(dates).toEqual(dates.toSorted().toReversed());
  expect((await call('GET', `jobs/${busy}/logs/?limit=2`)).body).toEqual(body.slice(0, 2));
  expect((await call('GET', `jobs/${busy}/logs/?limit=0`)).status).toBe(400);
});
