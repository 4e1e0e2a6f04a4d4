/** Storage devices as jobs have them: with and without a sandbox, as root and as an ordinary user, and when an agent is killed. */
import { existsSync } from 'node:fs';
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  canServeAs,
  type Platform,
  type PlatformOptions,
  startPlatform,
} from '../../testing/start-platform.ts';
import { definition, logOf, loseJob, reach, runJob, submitJob, until } from '../platform-harness.ts';

const DEVICES = '/api/v2/storage-devices/';

async function startDevice(platform: Platform): Promise<string> {
  const { body } = await platform.call('POST', DEVICES, { name: 'scratch', storageSize: 1 });
  await platform.call('POST', `${DEVICES}${body.id}/submit/`);
  return body.id;
}

const withDevices = (...ids: string[]) => ({ storageDevices: ids.map((id) => ({ id })) });
const contentOf = (platform: Platform, id: string) => join(platform.dataDir, 'devices', id, 'content');

const SITES: Array<[string, PlatformOptions & { hasSandbox: boolean }]> = [
  ['in a sandbox', { hasSandbox: true }],
  ['without one', { sandbox: 'off', hasSandbox: false }],
];

describe.each(SITES)('%s', (_, { hasSandbox, ...options }) => {
  test('a job has its device at its home, and no run directory that is removed takes it along', async () => {
    await using platform = await startPlatform({ cores: 4, ...options });
    const [id, own] = [await startDevice(platform), await startDevice(platform)];
    const command = [
      'if [ -e begun ]; then',
      `  [ "$(cat ~/storage_${id}/state)" = kept ] && [ -d ~/storage_${own} ] && [ ! -L ~/storage_${own} ]; exit`,
      'fi',
      'touch begun',
      `mkdir -p ~/storage_${id}/deep/er && echo kept > ~/storage_${id}/state`,
      `rm ~/storage_${own} && mkdir ~/storage_${own}`,
      `ln -s ~/storage_${id} device; ln -s ~/storage_${id}/state state`,
      'echo ready; sleep 300',
    ].join('\n');
    const wanted = definition(command, withDevices(id, own));
    const saved = await platform.call('POST', '/api/v2/jobs/', wanted);
    expect(JSON.stringify(saved.body.warnings ?? [])).toContain(
      hasSandbox ? '[]' : 'and not at /storage_<id>',
    );

    // kill -9 of the agent: what it left is collected, and its directory kept.
    const job = await loseJob(platform, wanted);
    const outputs = await platform.call('GET', `/api/v2/jobs/${job}/files/`);
    expect(
      outputs.body.results.map(({ relativePath }: { relativePath: string }) => relativePath).sort(),
    ).toEqual([...['begun', 'process_output.log']]);
    const resumed = await platform.call('POST', `/api/v2/jobs/${job}/runs/rerun/`, {
      runs: ['1'],
      resume: true,
    });
    expect(resumed.status).toBe(202);
    await until(async () => {
      const { body } = await platform.call('GET', `/api/v2/jobs/${job}/`);
      return body.outcome === 'success';
    }, 'the end of the job');
    expect((await logOf(platform, job)).join('')).toContain(`something of its own called storage_${own}`);

    // Another one is given up as it was cut off, and both are deleted.
    const other = await loseJob(platform, wanted);
    expect((await platform.call('DELETE', `/api/v2/jobs/${other}/runs/1/directory/`)).status).toBe(204);
    for (const each of [job, other]) {
      expect((await platform.call('DELETE', `/api/v2/jobs/${each}/`)).status).toBe(204);
    }
    await until(async () => (await readdir(join(platform.dataDir, 'clusters'))).length === 0, 'the removal');
    expect(await readFile(join(contentOf(platform, id), 'state'), 'utf8')).toBe('kept\n');
    expect(existsSync(join(contentOf(platform, id), 'deep/er'))).toBe(true);
  });

  test('jobs of many runs have it in each of their slots, and in each run', async () => {
    await using platform = await startPlatform({ cores: 4, ...options });
    const id = await startDevice(platform);
    const hardware = { coreType: 'quartz', coresPerSlot: 1, slots: 3 };
    const sweep = definition(
      `echo $QUARRY_RUN_ID >> ~/storage_${id}/runs`,
      {
        ...withDevices(id),
        jobvariables: [
          {
            ...{ name: 'x', displayOrder: 0, variableType: 'Design', valueGeneratorType: 'Linspace' },
            valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 6 },
          },
        ],
      },
      { hardware },
    );
    const { status, body } = await platform.call('POST', '/api/v2/jobs/', sweep);
    expect([status, body.expectedRuns]).toEqual([201, 6]);
    await platform.call('POST', `/api/v2/jobs/${body.id}/submit/`);
    await reach(platform, body.id, 'Completed');
    expect((await platform.call('GET', `/api/v2/jobs/${body.id}/`)).body.outcome).toBe('success');
    expect((await readFile(join(contentOf(platform, id), 'runs'), 'utf8')).split('\n').length).toBe(7);
  });
});

const ORDINARY = 12_345;
test.skipIf(!canServeAs(ORDINARY))(
  'jobs of a server of an ordinary user write to it and read each other',
  async () => {
    await using platform = await startPlatform({ cores: 2, user: ORDINARY });
    const id = await startDevice(platform);
    const make = `mkdir -p /storage_${id}/d; umask 077; echo one > ~/storage_${id}/d/file`;
    expect((await runJob(platform, definition(make, withDevices(id)))).outcome).toBe('success');
    const change = `echo two >> /storage_${id}/d/file; rm -r ~/storage_${id}/d; mkdir /storage_${id}/e`;
    expect((await runJob(platform, definition(change, withDevices(id)))).outcome).toBe('success');
    expect(await readdir(contentOf(platform, id))).toEqual(['e']);
  },
);

test.skipIf(process.getuid!() !== 0)(
  'what jobs of root have made without a sandbox is the property of those that come in one',
  async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-devices-'));
    const data = join(base.path, 'data');
    let id: string;
    {
      await using before = await startPlatform({ data, sandbox: 'off' });
      id = await startDevice(before);
      const make = `mkdir -p ~/storage_${id}/a/b; umask 077; echo root > ~/storage_${id}/a/b/file; ln -s / ~/storage_${id}/a/link`;
      expect((await runJob(before, definition(make, withDevices(id)))).outcome).toBe('success');
    }
    await using after = await startPlatform({ data });
    const change = `[ $(id -u) != 0 ] && grep root ~/storage_${id}/a/b/file && echo job >> /storage_${id}/a/b/file && rm /storage_${id}/a/link`;
    expect((await runJob(after, definition(change, withDevices(id)))).outcome).toBe('success');
    expect(await readFile(join(contentOf(after, id), 'a/b/file'), 'utf8')).toBe('root\njob\n');
  },
);

test('a program in the sandbox cannot leave the device by a link, nor make a device node or use the rights of another', async () => {
  await using platform = await startPlatform({ cores: 2 });
  const id = await startDevice(platform);
  const plant = `ln -s ${platform.dataDir} ~/storage_${id}/data; cp /bin/cat ~/storage_${id}/cat; chmod u+s ~/storage_${id}/cat`;
  expect((await runJob(platform, definition(plant, withDevices(id)))).outcome).toBe('success');
  const look = `! cat /storage_${id}/data/secret && ! ls /storage_${id}/data/blobs && grep -w /storage_${id} /proc/mounts | grep -w nosuid | grep -w nodev`;
  const job = await submitJob(platform, definition(look, withDevices(id)));
  await reach(platform, job, 'Completed');
  expect((await platform.call('GET', `/api/v2/jobs/${job}/`)).body.outcome).toBe('success');
});
