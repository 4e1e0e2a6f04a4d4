/** A sweep of thousands of runs: accepted at once, paged through, stopped in the middle, and gone. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { leftovers } from './support/clusters.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus } from './support/jobs.ts';
import { allRuns, runOf, submitSweep } from './support/sweeps.ts';

const RUNS = 2000;
const SLOTS = 4;

test('a sweep of 2,000 runs lists all of them while it executes, stops in the middle and leaves nothing behind', async () => {
  await using platform = await startPlatform({ cores: SLOTS });
  const id = await submitSweep(platform, { runs: RUNS, slots: SLOTS, command: 'true' });
  expect((await platform.call('GET', `/api/v2/jobs/${id}/`)).body.expectedRuns).toBe(RUNS);
  await eventually('run 40 to end', async () => (await runOf(platform, id, 40)).dateCompleted !== null);

  const first = (await platform.call('GET', `/api/v2/jobs/${id}/runs/`)).body;
  expect(first.count).toBe(RUNS);
  expect(first.results[0]).toMatchObject({
    id: '1',
    outcome: 'success',
    variables: [{ name: 'n', value: 1 }],
  });
  const last = (await platform.call('GET', `/api/v2/jobs/${id}/runs/?page=20&page_size=100`)).body;
  expect(last.next).toBeNull();
  expect(last.results.map((run: { id: string }) => run.id)).toEqual(
    Array.from({ length: 100 }, (_, index) => String(1901 + index)),
  );
  expect(last.results[99]).toMatchObject({ dateStarted: null, variables: [{ name: 'n', value: RUNS }] });

  expect((await platform.call('POST', `/api/v2/jobs/${id}/stop/`)).status).toBe(202);
  const job = await jobWithStatus(platform, id, 'Completed');
  expect(job.outcome).toBe('stopped');
  await eventually('the cluster to be gone', async () => leftovers(platform).length === 0);
  expect(await readdir(join(platform.dataDir, 'incoming'))).toEqual([]);

  const runs = await allRuns(platform, id);
  expect(runs.map((run) => run.id)).toEqual(Array.from({ length: RUNS }, (_, index) => String(index + 1)));
  expect(new Set(runs.map(({ outcome }) => outcome))).toEqual(new Set(['success', 'stopped']));
  expect(runs.filter((run) => run.dateCompleted === null)).toEqual([]);
  const succeeded = runs.filter(({ outcome }) => outcome === 'success');
  expect(succeeded.filter((run) => run.outputFileCount !== 1)).toEqual([]);
  expect(runs.filter((run) => run.dateStarted === null).length).toBeGreaterThan(0);
  expect(
    (await platform.call('GET', `/api/v2/jobs/${id}/files/?page_size=1`)).body.count,
  ).toBeGreaterThanOrEqual(succeeded.length);
  expect(await findings(platform.dataDir)).toEqual([]);
}, 120_000);
