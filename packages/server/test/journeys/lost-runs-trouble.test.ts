/** Jobs whose agent dies on a bad day: with the server, with the host, while somebody wants something else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { identify, isAlive } from '../../src/schedulers/local/process.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  agentOf,
  clusterOf,
  definition,
  reach,
  readOutput,
  runJob,
  submitJob,
  until,
  untilPrinted,
} from '../platform-harness.ts';

const MIB = 1024 * 1024;

const job = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
const run = async (platform: Platform, id: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body;
const resume = (platform: Platform, id: string) =>
  platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true });
const directoryOf = async (platform: Platform, id: string) =>
  join(platform.dataDir, 'clusters', (await clusterOf(platform, id)).id, 'runs/1');
const success = (platform: Platform, id: string) =>
  until(async () => (await job(platform, id)).outcome === 'success', `the success of ${id}`);

/** Makes something that takes a while to collect, and waits to be let go on. */
const large = (bytes: string) =>
  `[ -e large ] || head -c ${bytes} /dev/zero > large; echo ready; until [ -e ../go ]; do sleep 0.05; done; echo on`;

async function killAgent(platform: Platform, id: string): Promise<void> {
  await untilPrinted(platform, id, 'ready');
  process.kill(await agentOf(platform, id), 'SIGKILL');
}

test('while a job is collected it says so, no other job waits for it, and a stop of it is obeyed', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitJob(platform, definition('truncate -s 30G large; echo ready; sleep 300'));
  await killAgent(platform, id);
  const directory = await directoryOf(platform, id);
  await until(async () => existsSync(join(directory, 'copies/2')), 'the collecting');
  expect(await job(platform, id)).toMatchObject({
    status: 'Executing',
    waiting: { code: 'collecting_outputs', position: null },
  });
  expect(await runJob(platform)).toMatchObject({ outcome: 'success' });
  expect((await job(platform, id)).status).toBe('Executing');
  expect((await platform.call('POST', `/api/v2/jobs/${id}/stop/`)).status).toBe(202);
  await reach(platform, id, 'Completed');
  expect(await job(platform, id)).toMatchObject({
    ...{ outcome: 'stopped', waiting: null, failure: { code: 'agent_lost' } },
  });
  expect(await readOutput(platform, id, 'process_output.log')).toMatch(/: ready\n$/);
  expect(await run(platform, id)).toMatchObject({ outputFileCount: 1, keptDirectory: expect.any(Object) });
  expect(existsSync(join(directory, 'copies/2'))).toBe(false);
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/directory-contents/`);
  expect(body).toContainEqual(expect.objectContaining({ path: 'large', sizeBytes: 30 * 1024 * MIB }));
});

test('what waits for its turn to be collected waits no more once its job is stopped', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const big = () => submitJob(platform, definition('truncate -s 30G large; echo ready; sleep 300'));
  const ids = [await big(), await big()];
  const last = await submitJob(platform, definition('echo mine > mine; echo ready; sleep 300'));
  for (const id of ids) {
    await killAgent(platform, id);
    const directory = await directoryOf(platform, id);
    await until(async () => existsSync(join(directory, 'copies/2')), 'the collecting');
  }
  await killAgent(platform, last);
  await until(async () => (await job(platform, last)).waiting, 'the loss');
  await platform.call('POST', `/api/v2/jobs/${last}/stop/`);
  await reach(platform, last, 'Completed');
  expect(await run(platform, last)).toMatchObject({ outputFileCount: 1, keptDirectory: expect.any(Object) });
  for (const id of ids) {
    expect((await job(platform, id)).status).toBe('Executing');
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
  }
  expect(await runJob(platform)).toMatchObject({ outcome: 'success' });
});

test('many jobs that die with their server are all collected, each once, and all go on', async () => {
  await using platform = await startPlatform({ cores: 8 });
  const command = 'echo again >> states; [ $(wc -l < states) = 2 ] && exit; echo ready; sleep 600';
  const submitted = Array.from({ length: 8 }, () => submitJob(platform, definition(command)));
  const ids = await Promise.all(submitted);
  const agents: number[] = [];
  for (const id of ids) {
    await untilPrinted(platform, id, 'ready');
    agents.push(await agentOf(platform, id));
  }
  await platform.kill();
  for (const agent of agents) {
    process.kill(agent, 'SIGKILL');
  }
  await platform.restart();
  for (const id of ids) {
    await reach(platform, id, 'Completed');
    expect(await run(platform, id)).toMatchObject({ attempt: 1, isUnfinished: true, outputFileCount: 2 });
    expect(await readOutput(platform, id, 'states')).toBe('again\n');
  }
  const answers = await Promise.all(ids.map((id) => resume(platform, id)));
  expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 202));
  for (const id of ids) {
    await success(platform, id);
    expect(await run(platform, id)).toMatchObject({ attempt: 2, isUnfinished: false, outputFileCount: 2 });
    expect(await readOutput(platform, id, 'states')).toBe('again\nagain\n');
  }
  const clusters = join(platform.dataDir, 'clusters');
  await until(async () => (await readdir(clusters)).length === 0, 'the end of the directories');
});

test('a server that is killed while a job is collected has it collected when it starts again, once', async () => {
  await using platform = await startPlatform({ cores: 2 });
  const id = await submitJob(platform, definition(large('400M')));
  await killAgent(platform, id);
  const directory = await directoryOf(platform, id);
  await until(async () => existsSync(join(directory, 'copies/2')), 'the collecting');
  await platform.kill();
  await platform.restart();
  await reach(platform, id, 'Completed');
  expect(await run(platform, id)).toMatchObject({ isUnfinished: true, outputFileCount: 2, attempt: 1 });
  await until(async () => (await clusterOf(platform, id)).status === 'Stopped', 'the end of the cluster');
  await writeFile(join(directory, 'home/go'), '');
  await resume(platform, id);
  await success(platform, id);
  expect(await run(platform, id)).toMatchObject({ isUnfinished: false, outputFileCount: 2 });
});

test('a server that stops does not wait for what is being collected', async () => {
  await using platform = await startPlatform({ cores: 2 });
  const id = await submitJob(platform, definition(large('400M')));
  await killAgent(platform, id);
  const directory = await directoryOf(platform, id);
  await until(async () => existsSync(join(directory, 'copies/2')), 'the collecting');
  expect(await platform.stop()).toBe(0);
  expect(platform.log()).not.toContain('"level":50');
  await platform.restart();
  await reach(platform, id, 'Completed');
  expect(await run(platform, id)).toMatchObject({ isUnfinished: true, outputFileCount: 2 });
});

test('after a boot of the host nobody takes another process for the agent, though it has its number and start time', async () => {
  await using platform = await startPlatform({ cores: 2 });
  const id = await submitJob(platform, definition(large('1k')));
  await untilPrinted(platform, id, 'ready');
  const agent = await agentOf(platform, id);
  const cluster = join(await directoryOf(platform, id), '../..');
  await platform.kill();
  process.kill(agent, 'SIGKILL');
  using another = startAnother();
  const identity = { ...identify(another.pid), bootId: '00000000-0000-0000-0000-000000000000' };
  using database = new DatabaseSync(join(platform.dataDir, 'quarry.db'));
  database.prepare('UPDATE clusters SET handle = ?').run(JSON.stringify(identity));
  await writeFile(join(cluster, 'agent.lock'), JSON.stringify({ ...identity, host: hostname() }));
  await platform.restart();
  await reach(platform, id, 'Completed');
  expect(await job(platform, id)).toMatchObject({ failure: { code: 'agent_lost' } });
  expect(await run(platform, id)).toMatchObject({ isUnfinished: true, outputFileCount: 2 });
  expect(isAlive(identify(another.pid))).toBe(true);
  await writeFile(join(cluster, 'runs/1/home/go'), '');
  expect((await resume(platform, id)).status).toBe(202);
  await success(platform, id);
});

/** A process that is no agent. */
function startAnother(): { pid: number } & Disposable {
  const child: ChildProcess = spawn('sleep', ['600'], { stdio: 'ignore' });
  return { pid: child.pid!, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
