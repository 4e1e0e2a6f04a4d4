import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, reach, submitJob, until } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});
/** Every test finds all cores free. */
beforeEach(async () => {
  const { body } = await platform.call('GET', '/api/v2/jobs/?t=1&page_size=100');
  for (const { id } of body.results) {
    await stop(id);
  }
});

const get = async (id: string) => (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
const names = (rows: string[]) => rows.map((row) => row.split(' (')[0]);

async function stop(id: string): Promise<void> {
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
  await until(async () => {
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/cluster_statuses/`);
    return body.results[0].status === 'Stopped';
  }, 'the end of the cluster');
}

/** A job on so many cores, for so many hours, that runs until it is stopped. */
function hold(cores: number, walltime: number, change: object = {}) {
  const hardware = { coreType: 'basalt', coresPerSlot: cores, walltime };
  return submitJob(platform, definition('sleep 300', change, { hardware }));
}
const waits = (id: string) => until(async () => (await get(id)).waiting ?? undefined, 'a word about waiting');

test('a job that finds no cores says that it waits, for what, and in which place', async () => {
  const first = await hold(4, 2);
  await reach(platform, first, 'Executing');
  const second = await hold(2, 2);
  expect(await waits(second)).toEqual({
    code: 'waiting_for_cores',
    message: 'The job needs 2 cores; 0 of 4 are free.',
    position: 1,
  });
  const third = await hold(1, 2);
  expect(await waits(third)).toMatchObject({ code: 'waiting_for_cores', position: 2 });
  expect(await reach(platform, third, 'Waiting for Cluster')).toEqual([
    'Pending',
    'Queued',
    'Waiting for Cluster',
  ]);
  const { body } = await platform.call('GET', '/api/v2/jobs/?job_status=WAITING_FOR_CLUSTER');
  expect(body.results.map((job: { id: string }) => job.id)).toEqual([third, second]);
  await stop(first);
  for (const id of [second, third]) {
    expect(names(await reach(platform, id, 'Executing'))).toEqual([
      'Pending',
      'Queued',
      'Waiting for Cluster',
      'Started',
      'Validated',
      'Executing',
    ]);
    expect(await get(id)).toMatchObject({ waiting: null, status: 'Executing' });
  }
});

test('a job that is stopped while it waits ends at once, without ever having run', async () => {
  const first = await hold(4, 2);
  const second = await hold(1, 2);
  await waits(second);
  await platform.call('POST', `/api/v2/jobs/${second}/stop/`);
  // No waiting here: nothing has to be told to anybody.
  expect(await get(second)).toMatchObject({ status: 'Completed', outcome: 'stopped', waiting: null });
  expect(names(await reach(platform, second, 'Completed'))).toEqual([
    'Pending',
    'Queued',
    'Waiting for Cluster',
    'Stopping',
    'Completed',
  ]);
  const { body } = await platform.call('GET', `/api/v2/jobs/${second}/runs/`);
  expect(body.results).toMatchObject([
    { outcome: 'stopped', dateStarted: null, dateCompleted: expect.any(String) },
  ]);
  const clusters = await platform.call('GET', `/api/v2/jobs/${second}/cluster_statuses/`);
  expect(clusters.body.results.map((row: { status: string }) => row.status)).toEqual([
    'Stopped',
    'Not Started',
  ]);
  expect((await get(first)).outcome).toBeNull();
});

test('jobs start in the order in which they were submitted, low priority after normal', async () => {
  const first = await hold(4, 2);
  await reach(platform, first, 'Executing');
  const low = await hold(4, 2, { isLowPriority: true });
  const [second, third] = [await hold(4, 2), await hold(4, 2)];
  const position = async (id: string) => (await waits(id)).position;
  await until(async () => (await position(low)) === 3);
  expect([await position(second), await position(third)]).toEqual([1, 2]);
  const order = [first, second, third, low];
  for (const [index, id] of order.entries()) {
    await reach(platform, id, 'Executing');
    for (const later of order.slice(index + 1)) {
      expect((await get(later)).status).toBe('Waiting for Cluster');
    }
    await stop(id);
  }
});

test('a short job may go first where it delays nobody, a long one may not', async () => {
  const first = await hold(2, 2);
  await reach(platform, first, 'Executing');
  const large = await hold(4, 2);
  await waits(large);
  const long = await hold(1, 3);
  expect((await waits(long)).message).toContain('would delay a job that has waited longer');
  const short = await hold(1, 1);
  await reach(platform, short, 'Executing');
  expect(await get(long)).toMatchObject({ status: 'Waiting for Cluster', waiting: { position: 2 } });
});

test('slots that a job with one run cannot use are neither held nor charged, and that is said', async () => {
  const hardware = { coreType: 'basalt', coresPerSlot: 1, slots: 100, walltime: 2 };
  const created = await platform.call('POST', '/api/v2/jobs/', definition('sleep 300', {}, { hardware }));
  expect(created.body.warnings).toEqual([expect.stringContaining('hardware.slots has no effect')]);
  expect(created.body.cost.estimate.formula).toMatch(/^1 core x 1 slot x 2 h/);
  expect(created.body.jobanalyses[0].hardware.slots).toBe(100);
  await platform.call('POST', `/api/v2/jobs/${created.body.id}/submit/`);
  await reach(platform, created.body.id, 'Executing');
  await reach(platform, await hold(2, 2), 'Executing');
});
