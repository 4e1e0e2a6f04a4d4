/** Copies of a data directory: backups that are restored, and backups that are tried beside the original. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtempDisposable, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  agentOf,
  clusterOf,
  definition,
  loseJob,
  reach,
  readOutput,
  submitJob,
  until,
  untilPrinted,
} from '../platform-harness.ts';

const COMMAND = 'echo here > mine; echo ready; until [ -e ../go ]; do sleep 0.05; done; echo done > result';
/** As eager as a policy can be. */
const POLICY = { retryPolicy: { agentLost: 'resume', maxRetries: 9 } };

const job = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
const directoryOf = async (platform: Platform, id: string) =>
  join(platform.dataDir, 'clusters', (await clusterOf(platform, id)).id);
const letGo = async (platform: Platform, id: string) =>
  writeFile(join(await directoryOf(platform, id), 'runs/1/home/go'), '');

/** A copy as the documents tell to make one; jobs go on meanwhile. */
async function backUp(platform: Platform, target: string): Promise<void> {
  await platform.stop();
  await copy(platform.dataDir, target);
  await platform.restart();
}

/** Pipes and sockets included, which Node would not copy. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

/** A sweep of runs for one slot, the first of which waits to be let go on; the others never reach the agent. */
async function submitMany(platform: Platform): Promise<string> {
  const variable = { name: 'n', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'FixedRange' };
  const settings = { minvalue: 1, maxvalue: 400, increment: 1 };
  const more = { ...POLICY, jobvariables: [{ ...variable, valueGeneratorSettings: settings }] };
  const id = await submitJob(platform, definition(COMMAND, more));
  await untilPrinted(platform, id, 'ready');
  return id;
}

test('a copy that is tried beside the original ends what that has under way, and touches nothing of it', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-copy-'));
  await using original = await startPlatform({ cores: 4 });
  const lost = await loseJob(original, definition(COMMAND));
  const id = await submitJob(original, definition(COMMAND, POLICY));
  await untilPrinted(original, id, 'ready');
  const many = await submitMany(original);
  const agents = [await agentOf(original, id), await agentOf(original, many)];
  const data = join(base.path, 'data');
  await backUp(original, data);
  const before = readdirSync(join(original.dataDir, 'clusters'), { recursive: true }).length;
  {
    await using tried = await startPlatform({ data, cores: 4 });
    for (const each of [id, many]) {
      await reach(tried, each, 'Completed');
      const { outcome, failure, progress } = await job(tried, each);
      expect({ outcome, failure }).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
      expect(failure.message).toContain('restored from a copy');
      expect(progress.ended).toBe(progress.runs);
      const { body } = await tried.call('GET', `/api/v2/jobs/${each}/runs/1/`);
      expect(body).toMatchObject({ attempt: 1, failure: { code: 'agent_lost' } });
    }
    expect(tried.log()).toContain('this data directory is a copy');
    // What was kept in the original is resumed here in the copy of it.
    await letGo(tried, lost);
    await tried.call('POST', `/api/v2/jobs/${lost}/runs/rerun/`, { resume: true });
    await until(async () => (await job(tried, lost)).outcome === 'success', 'the resumed copy');
    // And so is what was under way there, from what was copied along.
    await until(async () => (await clusterOf(tried, id)).status === 'Stopped', 'the end of the cluster');
    expect(readFileSync(join(await directoryOf(tried, id), 'runs/1/home/work/mine'), 'utf8')).toBe('here\n');
    await letGo(tried, id);
    expect((await tried.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true })).status).toBe(202);
    await until(async () => (await job(tried, id)).outcome === 'success', 'the resumed copy of what goes on');
    expect(await tried.stop()).toBe(0);
    expect(tried.log()).not.toContain('"level":50');
    // Once more it is an original, and says nothing.
    const words = tried.log().length;
    await tried.restart();
    expect(tried.log().slice(words)).not.toContain('is a copy');
  }
  for (const pid of agents) {
    expect(() => process.kill(pid, 0)).not.toThrow();
  }
  expect(readdirSync(join(original.dataDir, 'clusters'), { recursive: true })).toHaveLength(before);
  await letGo(original, id);
  await until(async () => (await job(original, id)).outcome === 'success', 'the end of the original');
  expect(await readOutput(original, id, 'result')).toBe('done\n');
  expect(await readOutput(original, id, 'mine')).toBe('here\n');
  await original.call('POST', `/api/v2/jobs/${many}/stop/`);
  await reach(original, many, 'Completed');
});

test('a backup that is put in the place of the original ends what was under way, and starts nothing again', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-backup-'));
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitMany(platform);
  const agent = await agentOf(platform, id);
  const cluster = await directoryOf(platform, id);
  const backup = join(base.path, 'backup');
  await backUp(platform, backup);
  await platform.kill();
  await rename(platform.dataDir, join(base.path, 'broken'));
  await copy(backup, platform.dataDir);
  await platform.restart();
  const history = await reach(platform, id, 'Completed');
  expect(history.filter((row) => row.startsWith('Queued'))).toHaveLength(1);
  expect(await job(platform, id)).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
  expect(() => process.kill(agent, 0)).toThrow();
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`);
  expect(body).toMatchObject({ attempt: 1, isUnfinished: true, keptDirectory: expect.any(Object) });
  expect(await readOutput(platform, id, 'run1/process_output.log')).toMatch(/: ready\n$/);
  // Whoever wants it can go on.
  await until(async () => (await clusterOf(platform, id)).status === 'Stopped', 'the end of the cluster');
  expect(existsSync(join(cluster, 'runs/1/home'))).toBe(true);
  await writeFile(join(cluster, 'runs/1/home/go'), '');
  await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true });
  await until(
    async () => (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body.outcome === 'success',
    'the resumed run',
  );
});

test('a start is told what no copy shows: that the whole was set back', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-set-back-'));
  const data = join(base.path, 'data');
  let id: string;
  {
    await using platform = await startPlatform({ data, cores: 4 });
    id = await submitMany(platform);
  }
  await using restored = await startPlatform({ data, cores: 4, options: ['--restored'] });
  expect((await reach(restored, id, 'Completed')).at(-1)).toContain('restored from a copy');
  expect((await job(restored, id)).progress).toMatchObject({ runs: 400, ended: 400 });
  await until(
    async () => (await readdir(join(data, 'clusters'))).length === 1,
    'the end of all but what is kept',
  );
});

test('without a word of it a host that was booted goes on with what is left', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitMany(platform);
  const agent = await agentOf(platform, id);
  const cluster = await directoryOf(platform, id);
  await platform.kill();
  process.kill(agent, 'SIGKILL');
  await platform.restart();
  await until(
    async () => (await clusterOf(platform, id)).id !== cluster.split('/').at(-1),
    'another cluster',
  );
  await writeFile(join(cluster, 'runs/1/home/go'), '');
  await until(
    async () => (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body.outcome === 'success',
    'the resumed run',
  );
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
});
