import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, reach, submitJob, until } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const SHA512 = 'a'.repeat(128);
const AT = '2026-01-01T00:00:00.000Z';

/** A job that runs, and the means to speak in the name of its agent. */
async function startJob() {
  const id = await submitJob(platform, definition('sleep 300'));
  await reach(platform, id, 'Executing');
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/cluster_statuses/`);
  const { clusterId } = body.results[0];
  const directory = join(platform.dataDir, 'clusters', clusterId);
  const { token } = JSON.parse(await readFile(join(directory, 'cluster.json'), 'utf8'));
  const exchange = (change: object = {}) =>
    platform.call(
      'POST',
      `/api/agent/clusters/${clusterId}/exchange/`,
      { events: [], lastBatch: 1, wantRuns: 0, knownStop: null, waitSeconds: 0, ...change },
      token,
    );
  const journal = async () =>
    (await readFile(join(directory, 'journal.ndjson'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  /** Everything that the world sees of the job. */
  const seen = async () =>
    Promise.all(
      ['statuses/', 'cluster_statuses/', 'runs/', 'files/'].map(
        async (rest) => (await platform.call('GET', `/api/v2/jobs/${id}/${rest}`)).body.results,
      ),
    );
  return { id, directory, exchange, journal, seen };
}

const finished = (seq: number, change: object = {}) => ({
  seq,
  at: AT,
  type: 'run_finished',
  runId: '1',
  outcome: 'success',
  exitCode: 0,
  failure: null,
  outputs: [],
  variables: [],
  usage: null,
  skipped: [],
  ...change,
});

describe('what an agent says', () => {
  test('again changes nothing, in whatever order and number it comes', async () => {
    const { exchange, journal, seen } = await startJob();
    const events = await journal();
    const before = await seen();
    const { body: known } = await exchange();
    expect(known).toMatchObject({ acknowledged: events.length, batch: 1, runs: [], stop: null, done: false });
    for (const repeated of [events, events.toReversed(), [...events, ...events], events.slice(0, 1)]) {
      const answers = await Promise.all([exchange({ events: repeated }), exchange({ events: repeated })]);
      for (const { status, body } of answers) {
        expect([status, body]).toEqual([200, known]);
      }
    }
    expect(await seen()).toEqual(before);
  });

  test('twice under one number, or behind a gap, does not count', async () => {
    const { exchange, journal, seen } = await startJob();
    const next = (await journal()).length + 1;
    const before = await seen();
    const behindGap = await exchange({ events: [finished(next + 1)] });
    expect(behindGap.body.acknowledged).toBe(next - 1);
    expect(await seen()).toEqual(before);
    const exited = { seq: next, at: AT, type: 'tile_exited', runId: '1', tile: 0, exitCode: 0, signal: null };
    const twice = await exchange({ events: [exited, finished(next)] });
    expect(twice.body.acknowledged).toBe(next);
    expect(await seen()).toEqual(before);
  });

  test('of runs that are not there ends nothing', async () => {
    const { exchange, journal, seen } = await startJob();
    const next = (await journal()).length + 1;
    const before = await seen();
    const events = ['0', '2', '-1', 'x', '1e0', ''].map((runId, index) => finished(next + index, { runId }));
    expect((await exchange({ events })).body.acknowledged).toBe(next + events.length - 1);
    expect(await seen()).toEqual(before);
  });

  test('about outputs outside the directory of its cluster takes nothing from there', async () => {
    const { id, directory, exchange, journal } = await startJob();
    const secret = join(platform.dataDir, 'secret.txt');
    await writeFile(secret, 'secret');
    const next = (await journal()).length + 1;
    const outputs = [
      { relativePath: 'a.txt', path: secret },
      { relativePath: 'b.txt', path: join(directory, '..', '..', 'secret.txt') },
      { relativePath: 'c.txt', path: `${directory}/../../secret.txt` },
      { relativePath: 'd.txt', path: 'secret.txt' },
      { relativePath: '../../e.txt', path: join(directory, 'cluster.json') },
      { relativePath: '/f.txt', path: join(directory, 'cluster.json') },
      { relativePath: '', path: join(directory, 'cluster.json') },
      { relativePath: 'g.txt', path: join(directory, 'missing') },
    ].map((output) => ({ ...output, sizeBytes: 6, sha512: SHA512, executable: false }));
    const { status } = await exchange({ events: [finished(next, { outputs })] });
    expect(status).toBe(200);
    await reach(platform, id, 'Completed');
    const { body: job } = await platform.call('GET', `/api/v2/jobs/${id}/`);
    expect(job).toMatchObject({
      outcome: 'failed',
      failure: { code: 'output_lost', message: expect.stringContaining('a.txt and 7 more') },
    });
    expect((await platform.call('GET', `/api/v2/jobs/${id}/files/`)).body.count).toBe(0);
    expect(await readFile(secret, 'utf8')).toBe('secret');
  });

  test.each<[string, object]>([
    ['without events', { events: undefined }],
    ['with an event of no kind', { events: [{ seq: 1, at: AT, type: 'agent_bored' }] }],
    ['with event 0', { events: [{ seq: 0, at: AT, type: 'agent_stopped' }] }],
    ['with a batch that is none', { lastBatch: -1 }],
    ['that waits for ever', { waitSeconds: 1e9 }],
    ['with an outcome that is none', { events: [finished(1, { outcome: 'fine' })] }],
  ])('%s is refused', async (_what, change) => {
    const { exchange } = await running();
    const { status, body } = await exchange(change);
    expect([status, Object.keys(body)]).toEqual([400, [expect.any(String)]]);
  });
  let job: ReturnType<typeof startJob> | undefined;
  const running = () => {
    job ??= startJob();
    return job;
  };
});

describe('a poll', () => {
  test('is answered at once when a newer one of its cluster comes, and when there is something to tell', async () => {
    const { id, exchange } = await startJob();
    const began = Date.now();
    const first = exchange({ waitSeconds: 25 });
    const second = exchange({ waitSeconds: 25 });
    await first;
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    // The agent itself polls, too: whichever comes last is answered by the stop, the others by a newer one.
    const { body } = await second;
    expect(['graceful', null]).toContain(body.stop);
    expect(Date.now() - began).toBeLessThan(10_000);
    await reach(platform, id, 'Completed');
  });

  test('brings runs again whose answer was lost', async () => {
    const { exchange } = await startJob();
    const { body } = await exchange({ lastBatch: 0, wantRuns: 5 });
    expect(body).toMatchObject({
      batch: 1,
      plan: { tiles: [{ command: 'sleep 300' }] },
      runs: [{ runId: '1' }],
    });
    expect((await exchange({ lastBatch: 1, wantRuns: 5 })).body).toMatchObject({ batch: 1, runs: [] });
  });
});

test('a restart of the server changes nothing of what has been told', async () => {
  const { id, seen, exchange } = await startJob();
  const before = await seen();
  expect(await platform.stop()).toBe(0);
  await platform.restart();
  expect(await seen()).toEqual(before);
  await until(async () => (await exchange()).status === 200, 'the agent to be known again');
  expect((await platform.call('POST', `/api/v2/jobs/${id}/submit/`)).body.code).toBe('job_started');
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  expect((await reach(platform, id, 'Completed')).at(-1)).toBe('Completed (Stopped by user)');
});
