/** Agents that share no disk with the server: the data directory is not there for them. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMount } from '../../testing/can-mount.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  agentOf,
  clusterOf,
  definition,
  logOf,
  reach,
  readOutput,
  runJob,
  submitJob,
  until,
  uploadFile,
} from '../platform-harness.ts';

const MIB = 1024 * 1024;

/** Prints `ready` to a place that a test can look at, and goes on when the file `go` is beside it. */
const untilLetGo = 'touch ../ready; until [ -e ../go ]; do sleep 0.05; done';

const runOf = (platform: Platform, clusterId: string) =>
  join(platform.clustersDirectory, clusterId, 'runs/1/home');
const job = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
const filesOf = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/files/?page_size=1000&ordering=name`)).body
    .results as Array<{ relativePath: string; decryptedSize: number; isUnfinished: boolean }>;

/** A job whose command waits to be let go; answers its id and that of its cluster. */
async function submitWaiting(platform: Platform, rest: string): Promise<{ id: string; cluster: string }> {
  const id = await submitJob(platform, definition(`${untilLetGo}; ${rest}`));
  await reach(platform, id, 'Executing');
  const { id: cluster } = await clusterOf(platform, id);
  await until(async () => existsSync(join(runOf(platform, cluster), 'ready')), 'the command');
  return { id, cluster };
}

const letGo = (platform: Platform, cluster: string) => writeFile(join(runOf(platform, cluster), 'go'), '');

/** Nothing that was on its way is anywhere, and the agents are gone with all they had. */
async function expectNothingLeft(platform: Platform): Promise<void> {
  await until(async () => readdirSync(platform.clustersDirectory).length === 0, 'the end of the agents');
  await until(
    async () => readdirSync(join(platform.dataDir, 'clusters')).length === 0,
    'the end of the clusters',
  );
  expect(await readdir(join(platform.dataDir, 'staged'))).toEqual([]);
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'), { readOnly: true, timeout: 5000 });
  expect(database.prepare('SELECT count(*) AS count FROM deliveries').get()).toEqual({ count: 0 });
  database.close();
}

describe.skipIf(!canMount())('an agent that sees nothing of the data directory', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ cores: 2, agentsApart: true });
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
  });

  test('has inputs, and brings outputs of every kind, each once', async () => {
    const input = randomBytes(3 * MIB);
    const file = await uploadFile(platform, 'input.bin', input);
    const command = [
      'sha512sum input.bin | cut -c1-128 > digest; cp input.bin unchanged-copy',
      'mkdir -p a/b; : > a/b/empty; echo one > a/x; ln a/x a/y; ln -s a/x link',
      `printf odd > "$(printf 'n\\351')"; printf '%s' "a 'quoted' name" > "b \\"c\\""`,
      'head -c 5000000 /dev/zero > zeros; chmod 755 a/x',
    ].join('\n');
    const { id } = await submitWaiting(platform, command).then(async (submitted) => {
      const agent = await agentOf(platform, submitted.id);
      const mounts = readFileSync(`/proc/${agent}/mountinfo`, 'utf8');
      expect(mounts).toContain(` ${platform.dataDir} `);
      expect(readdirSync(`/proc/${agent}/root${platform.dataDir}`)).toEqual([]);
      await letGo(platform, submitted.cluster);
      return submitted;
    });
    await reach(platform, id, 'Completed');
    // The same with an input.
    const ended = await runJob(platform, definition(command, {}, { inputFiles: [{ id: file.id }] }));
    expect(ended).toMatchObject({ outcome: 'success', failure: null });
    const files = await filesOf(platform, ended.id);
    expect(Object.fromEntries(files.map((each) => [each.relativePath, each.decryptedSize]))).toMatchObject({
      ...{ digest: 129, 'unchanged-copy': input.length, 'a/b/empty': 0, 'a/x': 4, 'a/y': 4, link: 4 },
      ...{ '%bytes=n%E9': 3, 'b "c"': 15, zeros: 5_000_000 },
    });
    const { fileChecksums } = (await platform.call('GET', `/api/v2/files/${file.id}/`)).body;
    expect(await readOutput(platform, ended.id, 'digest')).toBe(`${fileChecksums[0].fileHash}\n`);
    expect(await readOutput(platform, ended.id, 'a/y')).toBe('one\n');
    await expectNothingLeft(platform);
  });

  test('executes a sweep with templates, scripts and result variables, and fetches its inputs once', async () => {
    const template = await uploadFile(platform, 'input.tpl', 'value = ${x}\n');
    const data = await uploadFile(platform, 'data.bin', randomBytes(MIB));
    const ended = await runJob(
      platform,
      definition(
        'cat input.txt; wc -c < data.bin > size',
        {
          jobvariables: [
            {
              ...{ name: 'x', variableType: 'Param', displayOrder: 0 },
              ...{ valueGeneratorType: 'FixedRange' },
              ...{ valueGeneratorSettings: { minvalue: 1, maxvalue: 6, increment: 1 } },
            },
          ],
        },
        {
          inputFiles: [{ id: data.id }],
          templateTasks: [{ templateFile: { id: template.id }, processedFilename: 'input.txt' }],
          postProcessScriptCommand: 'awk \'{ printf "y\\t%s\\n", $3 * 2 }\' input.txt',
        },
      ),
    );
    expect(ended).toMatchObject({ outcome: 'success', progress: { runs: 6, ended: 6, failed: 0 } });
    const files = await filesOf(platform, ended.id);
    expect(files.filter(({ relativePath }) => relativePath.endsWith('/size'))).toHaveLength(6);
    const { body } = await platform.call('GET', `/api/v2/jobs/${ended.id}/runs/6/`);
    expect(body).toMatchObject({ outcome: 'success', variables: [{ name: 'x' }, { name: 'y', value: 12 }] });
    await expectNothingLeft(platform);
  });

  test('shows what templates become without executing anything', async () => {
    const template = await uploadFile(platform, 'dry.tpl', 'plain\n');
    const ended = await runJob(
      platform,
      definition(
        'echo executed',
        { isTemplateDryRun: true },
        { templateTasks: [{ templateFile: { id: template.id }, processedFilename: 'dry.txt' }] },
      ),
    );
    expect(await readOutput(platform, ended.id, 'dry.txt')).toBe('plain\n');
    expect((await logOf(platform, ended.id)).join('')).toContain('This is a dry run');
  });

  test('is stopped, and brings what there was until then', async () => {
    const { id } = await submitWaiting(platform, 'true');
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
    expect(await job(platform, id)).toMatchObject({ outcome: 'stopped' });
    expect((await filesOf(platform, id)).map(({ relativePath }) => relativePath)).toEqual([
      'process_output.log',
    ]);
    await expectNothingLeft(platform);
  });

  test('dies, and another one on its host brings what it has left, and nothing is kept to be resumed', async () => {
    const id = await submitJob(platform, definition(`echo state > state; ${untilLetGo}`));
    await reach(platform, id, 'Executing');
    const { id: cluster } = await clusterOf(platform, id);
    await until(async () => existsSync(join(runOf(platform, cluster), 'ready')), 'the command');
    process.kill(await agentOf(platform, id), 'SIGKILL');
    await reach(platform, id, 'Completed');
    const ended = await job(platform, id);
    expect(ended).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
    expect(ended.failure.hint).not.toContain('quarry runs resume');
    expect(await filesOf(platform, id)).toMatchObject([
      { relativePath: 'process_output.log', isUnfinished: true },
      { relativePath: 'state', isUnfinished: true },
    ]);
    const resumed = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true });
    expect(resumed).toMatchObject({ status: 409, body: { code: 'nothing_to_resume' } });
    await expectNothingLeft(platform);
  });

  test('gives a run that its policy would resume another attempt from the beginning', async () => {
    const policy = { agentLost: 'resume', maxRetries: 1 };
    const id = await submitJob(
      platform,
      definition(`[ -e ../again ] && echo resumed; ${untilLetGo}; echo end > end`, { retryPolicy: policy }),
    );
    await reach(platform, id, 'Executing');
    const first = (await clusterOf(platform, id)).id;
    await until(async () => existsSync(join(runOf(platform, first), 'ready')), 'the command');
    process.kill(await agentOf(platform, id), 'SIGKILL');
    const second = await until(async () => {
      const { id: now } = await clusterOf(platform, id);
      return now !== first && existsSync(join(runOf(platform, now), 'ready')) && now;
    }, 'the second attempt');
    await letGo(platform, second);
    await reach(platform, id, 'Completed');
    expect(await job(platform, id)).toMatchObject({ outcome: 'success' });
    expect(await readOutput(platform, id, 'end')).toBe('end\n');
    await expectNothingLeft(platform);
  });

  test('has no storage devices, and says so', async () => {
    const device = await platform.call('POST', '/api/v2/storage-devices/', {
      name: 'scratch',
      storageSize: 1,
    });
    expect(device.status).toBe(201);
    const refused = await platform.call(
      'POST',
      '/api/v2/jobs/',
      definition('true', { storageDevices: [{ id: device.body.id }] }),
    );
    expect(refused).toMatchObject({ status: 400, body: { code: 'storage_device_elsewhere' } });
  });
});

describe.skipIf(!canMount())(
  'between a server that is away and an agent that sees nothing of it',
  { timeout: 60_000 },
  () => {
    test('nothing is lost when the server is killed, and the agent brings what has ended meanwhile', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      const { id, cluster } = await submitWaiting(
        platform,
        'head -c 3000000 /dev/zero > large; echo small > small',
      );
      await platform.kill();
      await letGo(platform, cluster);
      const ends = join(platform.clustersDirectory, cluster, 'ends/1.json');
      await until(async () => existsSync(ends), 'the end of the run');
      await platform.restart();
      await reach(platform, id, 'Completed');
      expect(await job(platform, id)).toMatchObject({ outcome: 'success' });
      expect((await filesOf(platform, id)).map((file) => [file.relativePath, file.decryptedSize])).toEqual([
        ['large', 3_000_000],
        ['process_output.log', expect.any(Number)],
        ['small', 6],
      ]);
      await expectNothingLeft(platform);
    });

    test('nor when the agent is killed as well: the run has ended well, and the next agent brings it', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      const { id, cluster } = await submitWaiting(platform, 'echo kept > kept');
      const agent = await agentOf(platform, id);
      await platform.kill();
      await letGo(platform, cluster);
      const ends = join(platform.clustersDirectory, cluster, 'ends/1.json');
      await until(async () => existsSync(ends), 'the end of the run');
      process.kill(agent, 'SIGKILL');
      await platform.restart();
      await reach(platform, id, 'Completed');
      expect(await job(platform, id)).toMatchObject({ outcome: 'success', failure: null });
      expect(await readOutput(platform, id, 'kept')).toBe('kept\n');
      await expectNothingLeft(platform);
    });

    test('a server that comes back on another port is found', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      const before = platform.url;
      const { id, cluster } = await submitWaiting(platform, 'echo kept > kept');
      await platform.kill();
      await letGo(platform, cluster);
      await platform.restart(0);
      expect(platform.url).not.toBe(before);
      await reach(platform, id, 'Completed');
      expect(await readOutput(platform, id, 'kept')).toBe('kept\n');
      await expectNothingLeft(platform);
    });
  },
);
