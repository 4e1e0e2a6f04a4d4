import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryMbPerCore } from '../../src/catalog/host.ts';
import { runMemory } from '../../src/jobs/life/run-limits.ts';
import { startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, submitJob } from '../platform-harness.ts';

const MIB = 1024 ** 2;
const CORE_TYPES = '[[coreType]]\ncode = "pebble"\nname = "Pebble"\ncores = [1, 2]\nmemoryMbPerCore = 96\n';
const hold = (mebibytes: number) => `python3 -c "held = bytearray(b'x') * (${mebibytes} << 20)"`;
const onPebble = (command: string, change: object = {}, coresPerSlot = 1) =>
  definition(command, change, { hardware: { coreType: 'pebble', coresPerSlot } });

describe.each(['off', 'auto'] as const)('with sandbox %s', (sandbox) => {
  test('a job that takes more than its core type promises says so everywhere, and more cores are enough', async () => {
    await using platform = await startPlatform({ sandbox, coreTypes: CORE_TYPES });
    const server = await platform.call('GET', '/api/v2/server/', undefined, null);
    expect(['cgroup-v1', 'cgroup-v2', 'watched']).toContain(server.body.memoryControl);
    expect(platform.log()).toMatch(/memory: (runs are held to what their core type promises|agents watch)/);

    const command = `echo kept > kept; ${hold(120)}; sleep 2`;
    const id = await submitJob(platform, onPebble(command));
    await reach(platform, id, 'Completed');
    const { body: job } = await platform.call('GET', `/api/v2/jobs/${id}/`);
    expect(job).toMatchObject({ outcome: 'failed', failure: { code: 'out_of_memory' } });
    expect(job.failure.message).toMatch(/may have 96 MiB with its 1 core, and had/);
    const { body: runs } = await platform.call('GET', `/api/v2/jobs/${id}/runs/`);
    expect(runs.results[0]).toMatchObject({ failure: { code: 'out_of_memory' } });
    expect(runs.results[0].usage.peakMemoryBytes).toBeGreaterThanOrEqual(96 * MIB);
    const { body: files } = await platform.call('GET', `/api/v2/jobs/${id}/files/`);
    expect(files.results.map(({ name }: { name: string }) => name).sort()).toEqual([
      'kept',
      'process_output.log',
    ]);

    const larger = await submitJob(platform, onPebble(command, {}, 2));
    await reach(platform, larger, 'Completed');
    expect((await platform.call('GET', `/api/v2/jobs/${larger}/`)).body.outcome).toBe('success');
  });
});

test('a run that had no memory is executed again where its job wants that of its exit code', async () => {
  await using platform = await startPlatform({ coreTypes: CORE_TYPES });
  const change = { retryPolicy: { maxRetries: 1, exitCodes: [137] } };
  const id = await submitJob(platform, onPebble(hold(300), change));
  await reach(platform, id, 'Completed');
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`);
  expect(body).toMatchObject({ attempt: 2, exitCode: 137, failure: { code: 'out_of_memory' } });
});

test('a site gives more than is promised, or does without a limit', async () => {
  for (const [percent, bytes] of [
    [250, 240 * MIB],
    [0, 0],
  ] as const) {
    await using platform = await startPlatform({
      coreTypes: CORE_TYPES,
      config: `memory_limit_percent = ${percent}\n`,
    });
    const id = await submitJob(platform, onPebble('until [ -e go ]; do sleep 0.05; done'));
    await reach(platform, id, 'Executing');
    const clusters = join(platform.dataDir, 'clusters');
    const file = readFileSync(join(clusters, readdirSync(clusters)[0]!, 'cluster.json'), 'utf8');
    expect(JSON.parse(file).limits.memoryBytes).toBe(bytes);
    const { body } = await platform.call('GET', '/api/v2/server/', undefined, null);
    expect(body.memoryControl === 'none').toBe(percent === 0);
    if (percent === 0) {
      expect(platform.log()).toContain('memory: not limited');
    }
    await platform.call('POST', `/api/v2/jobs/${id}/stop/?force=true`);
    await reach(platform, id, 'Completed');
  }
});

test('what a run may have is what is promised for its cores, and never too little to start', () => {
  const memory = (memoryMb: number | undefined, coresPerSlot: number, memoryLimitPercent: number) =>
    runMemory(memoryMb === undefined ? undefined : { memoryMbPerCore: memoryMb }, {
      coresPerSlot,
      memoryLimitPercent,
    });
  expect(memory(4000, 2, 100)).toBe(8000 * MIB);
  expect(memory(1001, 1, 33)).toBe(Math.floor((1001 * MIB * 0.33) / 4096) * 4096);
  expect(memory(1, 1, 100)).toBe(64 * MIB);
  expect([memory(4000, 2, 0), memory(0, 2, 100), memory(undefined, 2, 100)]).toEqual([0, 0, 0]);
});

test('the cores of a host share what the platform itself does not need', () => {
  expect(memoryMbPerCore({ memoryMb: 33_792, cores: 8 })).toBe(4096);
  expect(memoryMbPerCore({ memoryMb: 2048, cores: 2 })).toBe(768);
  expect(memoryMbPerCore({ memoryMb: 1, cores: 64 })).toBe(1);
});
