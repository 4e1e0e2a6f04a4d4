import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatform } from '../testing/start-platform.ts';
import { definition, reach, readOutput } from './platform-harness.ts';

const tile = (analysis: object, hardware: object, command = 'true') => ({
  ...definition(command),
  jobanalyses: [
    {
      analysis,
      command,
      hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1, ...hardware },
    },
  ],
});

test('a site takes jobs by other names, its own before those that are public, and says what they mean', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quarry-names-'));
  const data = join(folder.path, 'data');
  await mkdir(join(data, 'catalog'), { recursive: true, mode: 0o700 });
  await writeFile(
    join(data, 'catalog', 'names.toml'),
    '[aliases]\npublicNames = true\ncoreTypes = { onyx = "quartz" }\nanalyses = { byo = "user_included" }\n',
  );
  await using platform = await startPlatform({ data, cores: 4 });
  const create = (body: object) => platform.call('POST', '/api/v2/jobs/', body);
  const own = await create(tile({ code: 'byo', version: 'multinode' }, { coreType: 'onyx' }));
  expect([own.status, own.body.jobanalyses[0].analysis, own.body.jobanalyses[0].hardware.coreType]).toEqual([
    201,
    expect.objectContaining({ code: 'user_included', version: '0' }),
    'quartz',
  ]);
  expect(own.body.warnings).toEqual([
    'The software "byo" is "user_included" here.',
    '"user_included" is not offered as "multinode" here; the newest version, "0", stands in for it.',
    'The core type "onyx" is "quartz" here.',
  ]);
  const known = await create(tile({ code: 'user_included' }, { coreType: 'emerald', coresPerSlot: 2 }));
  expect([known.status, known.body.jobanalyses[0].hardware.coreType]).toEqual([201, 'basalt']);
  for (const [analysis, hardware] of [
    [{ code: 'user_included' }, { coreType: 'emerald', coresPerSlot: 36 }],
    [{ code: 'user_included' }, { coreType: 'nothing' }],
    [{ code: 'ansys_fluent' }, {}],
  ] as const) {
    expect((await create(tile(analysis, hardware))).status).toBe(400);
  }
  const cluster = await platform.call('POST', '/api/v2/clusters/', {
    name: 'held',
    hardware: { coreType: 'onyx', coresPerSlot: 1, slots: 1, walltime: 1 },
  });
  expect([cluster.status, cluster.body.hardware?.coreType.code]).toEqual([201, 'quartz']);
});

test('a platform that stands in for a larger one executes what that one would, with what it has', async () => {
  await using platform = await startPlatform({ cores: 2, options: ['--stand-in'] });
  const { status, body } = await platform.call(
    'POST',
    '/api/v2/jobs/',
    tile(
      { code: 'ansys_fluent', version: '2019r1' },
      { coreType: 'emerald', coresPerSlot: 36 },
      'echo "$RESCALE_CORES_PER_SLOT" > cores',
    ),
  );
  expect(status).toBe(201);
  expect(body.jobanalyses[0].hardware.coresPerSlot).toBe(36);
  expect(body.warnings).toEqual([
    'The software "ansys_fluent" is "user_included" here.',
    '"user_included" is not offered as "2019r1" here; the newest version, "0", stands in for it.',
    'The core type "emerald" is "basalt" here.',
    'This host stands in for a larger platform: a slot of 36 cores has the 2 that there are.',
  ]);
  const gpus = await platform.call(
    'POST',
    '/api/v2/jobs/',
    tile({ code: 'user_included' }, { coreType: 'diamond', coresPerSlot: 4 }),
  );
  expect([gpus.status, gpus.body.warnings.at(-1)]).toEqual([
    201,
    'This host stands in for a larger platform: a slot with 2 GPUs has none.',
  ]);
  for (const { id } of [body, gpus.body]) {
    expect((await platform.call('POST', `/api/v2/jobs/${id}/submit/`)).status).toBe(200);
    await reach(platform, id, 'Completed');
  }
  expect(await readOutput(platform, body.id, 'cores')).toBe('36\n');
});
