/** What runs use while they run, as a series: `jobs/{id}/usage/` and `jobs/{id}/runs/{r}/usage/`. */
import type { RunUsageNow, RunUsageSeries } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  addUser,
  agentOf,
  definition,
  reach,
  runJob,
  submitJob,
  until,
  untilPrinted,
} from '../platform-harness.ts';

const MIB = 1024 * 1024;
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8, config: 'usage_sample_seconds = 1\n' });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key = platform.apiKey) =>
  platform.call(method, `/api/v2/${path}`, body, key);
const usageOf = async (jobId: string, query = ''): Promise<RunUsageNow[]> =>
  (await call('GET', `jobs/${jobId}/usage/${query}`)).body.results;
const seriesOf = async (jobId: string, run = 1): Promise<RunUsageSeries> =>
  (await call('GET', `jobs/${jobId}/runs/${run}/usage/`)).body;
/** Holds memory and a file, and uses a processor, until it is stopped. */
const BUSY = `python3 -c "
held = bytearray(b'x') * (80 << 20)
open('data', 'wb').write(b'x' * (5 << 20))
print('ready', flush=True)
while True: pass
"`;

describe('a run that goes on', () => {
  test('is told with what it uses now, and as it went, also after its end and until the job is deleted', async () => {
    const id = await submitJob(platform, definition(BUSY));
    await untilPrinted(platform, id, 'ready');
    const now = await until(async () => {
      const [run] = await usageOf(id, '?isExecuting=true');
      return run !== undefined && run.cpuCores !== null && run.diskBytes !== null && run;
    }, 'what it uses');
    expect(now).toMatchObject({ runId: '1', attempt: 1, isExecuting: true });
    expect(now.memoryBytes).toBeGreaterThan(80 * MIB);
    expect(now.memoryBytes).toBeLessThan(200 * MIB);
    expect(now.diskBytes).toBeGreaterThanOrEqual(5 * MIB);
    expect(now.diskBytes).toBeLessThan(8 * MIB);
    expect(now.cpuSeconds).toBeGreaterThan(0.3);
    // With a process that never waits, CPU time can be no more than the time that has passed.
    expect(now.cpuSeconds).toBeLessThan(now.elapsedSeconds + 1);
    expect(await usageOf(id, '?isExecuting=false')).toEqual([]);
    await call('POST', `jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
    const [ended] = await usageOf(id);
    expect(ended).toMatchObject({ isExecuting: false, runId: '1' });
    const series = await seriesOf(id);
    expect(series).toMatchObject({ runId: '1', attempt: 1, resolutionSeconds: 1 });
    expect(series.points.length).toBeGreaterThanOrEqual(2);
    const seconds = series.points.map(({ cpuSeconds }) => cpuSeconds!);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    expect(Date.parse(series.points[0]!.date)).toBeGreaterThan(Date.parse(series.dateStarted!));
    expect((await call('GET', `jobs/${id}/`)).body.usage.cpuSeconds).toBeGreaterThanOrEqual(
      seconds.at(-1)! - 1,
    );
    await until(async () => (await call('DELETE', `jobs/${id}/`)).status === 204);
    expect((await call('GET', `jobs/${id}/usage/`)).status).toBe(404);
    expect((await call('GET', `jobs/${id}/runs/1/usage/`)).status).toBe(404);
  });

  test('counts what earlier commands of it used, and every process that it has started', async () => {
    const spin = (seconds: number) =>
      `python3 -c "import time; end = time.process_time() + ${seconds}\nwhile time.process_time() < end: pass"`;
    const id = await submitJob(
      platform,
      definition('unused', {
        jobanalyses: [
          definition(spin(0.8)).jobanalyses[0],
          definition(`(${spin(0.4)}; ${spin(0.4)}) & wait; echo ready; sleep 300`).jobanalyses[0],
        ],
      }),
    );
    await untilPrinted(platform, id, 'ready');
    const used = await until(async () => {
      const [run] = await usageOf(id);
      return run !== undefined && run.cpuSeconds! > 1.4 && run.cpuSeconds;
    }, 'the CPU time of all commands');
    expect(used).toBeLessThan(4);
    await call('POST', `jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
  });

  test('begins anew with another attempt', async () => {
    const policy = { retryPolicy: { maxRetries: 1 } };
    const id = await submitJob(platform, definition('sleep 2.5; exit 3', policy));
    const first = await until(async () => {
      const [run] = await usageOf(id);
      return run?.attempt === 1 && run;
    });
    expect(first.isExecuting).toBe(true);
    const second = await until(async () => {
      const series = await seriesOf(id);
      return series.attempt === 2 && series.points.length > 0 && series;
    });
    expect(second.points[0]!.elapsedSeconds).toBeLessThan(2.5);
    await reach(platform, id, 'Completed');
  });

  test('is told by an agent whose server was away, and what came meanwhile is not lost', async () => {
    await using other = await startPlatform({ cores: 2, config: 'usage_sample_seconds = 1\n' });
    const id = await submitJob(other, definition('echo ready; sleep 300'));
    await untilPrinted(other, id, 'ready');
    await other.kill();
    const killedAt = Date.now();
    await until(async () => Date.now() - killedAt > 3000);
    await other.restart();
    const path = `/api/v2/jobs/${id}/runs/1/usage/`;
    const points = await until(async () => {
      const { points } = (await other.call('GET', path)).body as RunUsageSeries;
      return points.length >= 4 && points;
    }, 'what came meanwhile');
    const gaps = points
      .slice(1)
      .map(({ elapsedSeconds }, index) => elapsedSeconds - points[index]!.elapsedSeconds);
    expect(Math.max(...gaps)).toBeLessThan(3);
    expect(await agentOf(other, id)).toBeGreaterThan(0);
    await other.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(other, id, 'Completed');
  });
});

describe('where there is nothing to be told', () => {
  test('runs that end before they are looked at write nothing', async () => {
    const { id } = await runJob(platform);
    expect(await usageOf(id)).toEqual([]);
    expect(await seriesOf(id)).toEqual({
      ...{ runId: '1', attempt: 1, dateStarted: null, resolutionSeconds: null, points: [] },
    });
  });

  test('a run that is not there, and a job of somebody else, are refused', async () => {
    const { id } = await runJob(platform);
    const eve = await addUser(platform, 'eve@lab.example');
    for (const run of ['2', '0', 'x', '1.2']) {
      expect((await call('GET', `jobs/${id}/runs/${run}/usage/`)).status).toBe(404);
    }
    for (const path of ['usage/', 'runs/1/usage/']) {
      expect((await call('GET', `jobs/${id}/${path}`, undefined, eve.key)).status).toBe(404);
    }
    const { status, body } = await call('GET', `jobs/${id}/usage/?isExecuting=perhaps`);
    expect([status, Object.keys(body)]).toEqual([400, ['isExecuting']]);
  });

  test('a site that wants no samples gets none', async () => {
    await using other = await startPlatform({ cores: 2, config: 'usage_sample_seconds = 0\n' });
    const id = await submitJob(other, definition('sleep 2'));
    await reach(other, id, 'Completed');
    expect((await other.call('GET', `/api/v2/jobs/${id}/usage/`)).body.count).toBe(0);
  });
});
