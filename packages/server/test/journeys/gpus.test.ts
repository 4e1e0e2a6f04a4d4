import { probeSandbox } from '@quarry/agent/sandbox';
import { describe, expect, test } from 'vitest';
import { canMakeNodes, standInGpus } from '../../testing/gpus.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, readOutput, submitJob, until } from '../platform-harness.ts';

const probe = await probeSandbox();
const sandboxes = ['off', ...(probe.available ? (['required'] as const) : [])] as const;
const TELL =
  'echo "visible=$CUDA_VISIBLE_DEVICES per-slot=$RESCALE_GPUS_PER_SLOT nodes=$(cd /dev; echo nvidia*) device=$(stat -c %t:%T /dev/nvidia[0-9])"';

function onGpu(command: string, change: object = {}, hardware: object = {}) {
  return definition(command, change, { hardware: { coreType: 'amethyst', coresPerSlot: 1, ...hardware } });
}

/** The log of a run that executes. */
async function logOf(platform: Platform, jobId: string, run: number): Promise<string> {
  const url = new URL(`/api/v2/jobs/${jobId}/runs/${run}/tail/process_output.log`, platform.url);
  const response = await fetch(url, { headers: { authorization: `Token ${platform.apiKey}` } });
  return response.text();
}

/** What the first command of a run that goes on has said of its GPUs. */
function saidOf(platform: Platform, jobId: string, run = 1): Promise<string> {
  return until(
    async () => /visible=GPU.*/.exec(await logOf(platform, jobId, run))?.[0],
    `what job ${jobId} says`,
  );
}

const visibleIn = (text: string) => /visible=(\S*)/.exec(text)?.[1];
const deviceIn = (text: string) => /device=(\S*)/.exec(text)?.[1];

describe.runIf(canMakeNodes()).each(sandboxes)('GPUs of the host, with sandbox %s', (sandbox) => {
  const isParted = sandbox === 'required';

  test('are offered, given to one job at a time, waited for, and seen by nobody else', async () => {
    using gpus = standInGpus(2);
    await using platform = await startPlatform({
      sandbox,
      cores: 8,
      environment: { QUARRY_GPUS: gpus.directory },
    });
    const { body: types } = await platform.call('GET', '/api/v2/coretypes/?page_size=100&isActive=true');
    const offered = types.results.filter(({ gpuCounts }: { gpuCounts: number[] }) => gpuCounts[0]! > 0);
    expect(
      offered.map(({ code, cores, gpuCounts }: Record<string, unknown>) => [code, cores, gpuCounts]),
    ).toEqual([
      ['amethyst', [1, 2, 4, 8], [1, 1, 1, 1]],
      ['diamond', [4, 8], [2, 2]],
    ]);

    const [first, second] = [
      await submitJob(platform, onGpu(`${TELL}; sleep 300`)),
      await submitJob(platform, onGpu(`${TELL}; sleep 300`)),
    ];
    const said = [await saidOf(platform, first), await saidOf(platform, second)];
    expect(new Set(said.map(visibleIn))).toEqual(new Set(gpus.ids));
    for (const text of said) {
      expect(text).toContain('per-slot=1');
      if (isParted) {
        expect(text).toMatch(/nodes=nvidia[01] nvidiactl /);
      }
    }
    if (isParted) {
      expect(new Set(said.map(deviceIn))).toEqual(new Set(['1:5', '1:7']));
    }

    const third = await submitJob(platform, onGpu(`${TELL}; sleep 300`));
    const waiting = await until(
      async () => (await platform.call('GET', `/api/v2/jobs/${third}/`)).body.waiting ?? undefined,
    );
    expect(waiting).toMatchObject({
      code: 'waiting_for_gpus',
      message: 'The job needs 1 GPU; 0 of 2 are free.',
    });
    const without = await submitJob(platform, definition(TELL));
    await reach(platform, without, 'Completed');
    const plain = await readOutput(platform, without, 'process_output.log');
    expect(plain).toContain('visible= per-slot=0');
    if (isParted) {
      expect(plain).toContain('nodes=nvidia* device=\n');
    }

    // Who has a GPU keeps it when the server has died, and nobody else gets it.
    await platform.kill();
    await platform.restart();
    await reach(platform, await submitJob(platform), 'Completed');
    expect((await platform.call('GET', `/api/v2/jobs/${third}/`)).body.waiting).toMatchObject({
      code: 'waiting_for_gpus',
    });
    await platform.call('POST', `/api/v2/jobs/${first}/stop/?force=true`);
    await reach(platform, first, 'Completed');
    expect(visibleIn(await saidOf(platform, third))).toBe(visibleIn(said[0]!));
  });

  test('are given to the slots of a sweep one by one, and both to a slot that wants two', async () => {
    using gpus = standInGpus(2);
    await using platform = await startPlatform({
      sandbox,
      cores: 8,
      environment: { QUARRY_GPUS: gpus.directory },
    });
    const counting = {
      ...{ name: 'x', variableType: 'Param', displayOrder: 1 },
      valueGeneratorType: 'FixedRange',
      valueGeneratorSettings: { minvalue: 1, maxvalue: 3, increment: 1 },
    };
    const body = onGpu(`${TELL}; sleep 300`, { jobvariables: [counting] }, { slots: 3 });
    const { body: saved } = await platform.call('POST', '/api/v2/jobs/', body);
    expect(saved.warnings).toContainEqual(expect.stringContaining('2 of the 3 slots of 1 core and 1 GPU'));
    const sweep = await submitJob(platform, body);
    const ofRuns = await Promise.all([1, 2].map((run) => saidOf(platform, sweep, run)));
    expect(new Set(ofRuns.map(visibleIn))).toEqual(new Set(gpus.ids));
    if (isParted) {
      expect(new Set(ofRuns.map(deviceIn))).toEqual(new Set(['1:5', '1:7']));
    }
    await platform.call('POST', `/api/v2/jobs/${sweep}/stop/?force=true`);
    await reach(platform, sweep, 'Completed');
    const both = await submitJob(platform, onGpu(TELL, {}, { coreType: 'diamond', coresPerSlot: 4 }));
    await reach(platform, both, 'Completed');
    const text = await readOutput(platform, both, 'process_output.log');
    expect(text).toContain(`visible=${gpus.ids.join(',')} per-slot=2`);
    if (isParted) {
      expect(text).toContain('nodes=nvidia0 nvidia1 nvidiactl ');
    }
  });
});
