import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  attach,
  createCluster,
  eventually,
  holderOf,
  jobOf,
  post,
  shown,
  startCluster,
  statusesOf,
} from '../persistent-clusters-harness.ts';
import { addUser, definition, saveJob, submitJob, until } from '../platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const withSlots = (slots: number) => ({
  hardware: { coreType: 'quartz', coresPerSlot: 1, slots, walltime: 1 },
});
const stopped = (id: string) =>
  until(async () => (await shown(platform, id)).status === 'Stopped', `the end of cluster ${id}`);
const isAlive = ({ pid }: { pid: number }) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const outputs = async (job: string) =>
  (await platform.call('GET', `/api/v2/jobs/${job}/files/`)).body.results.map(
    ({ relativePath }: { relativePath: string }) => relativePath,
  );

test('a cluster and its job go on when the server is killed, and the next job finds the same process', async () => {
  const cluster = await createCluster(platform, withSlots(2));
  await startCluster(platform, cluster);
  const holder = await holderOf(platform, cluster);
  const running = await submitJob(platform, definition('sleep 300', { clusterId: cluster }));
  await eventually(platform, running, 'Executing');
  for (let times = 0; times < 2; times += 1) {
    await platform.kill();
    await platform.restart();
  }
  expect(await shown(platform, cluster)).toMatchObject({ status: 'Started', jobIds: [running] });
  const next = await submitJob(platform, definition('true', { clusterId: cluster }));
  expect(await eventually(platform, next, 'Completed')).toMatchObject({ outcome: 'success' });
  expect(await holderOf(platform, cluster)).toEqual(holder);
  await post(platform, `clusters/${cluster}/shutdown/`);
  await stopped(cluster);
  await until(async () => !isAlive(holder), 'the end of its process');
});

test('when its agent is killed, what ran is collected and can be resumed, and what waited is told', async () => {
  const cluster = await createCluster(platform, withSlots(1));
  await startCluster(platform, cluster);
  const running = await submitJob(
    platform,
    definition('[ -e state ] && exit 0; echo 1 > state; sleep 300', { clusterId: cluster }),
  );
  await eventually(platform, running, 'Executing');
  await until(async () => {
    const { status } = await platform.call('GET', `/api/v2/jobs/${running}/runs/1/tail/state?lines=1`);
    return status === 200;
  }, 'what it writes');
  const waiting = await submitJob(platform, definition('true', { clusterId: cluster }));
  await until(async () => (await jobOf(platform, waiting)).waiting !== null, 'why it waits');
  process.kill((await holderOf(platform, cluster)).pid, 'SIGKILL');
  expect(await eventually(platform, running, 'Completed')).toMatchObject({ failure: { code: 'agent_lost' } });
  expect(await outputs(running)).toContain('state');
  const told = await eventually(platform, waiting, 'Completed');
  expect(told.failure).toMatchObject({ code: 'cluster_ended', message: expect.stringContaining(cluster) });
  await stopped(cluster);
  expect((await shown(platform, cluster)).statusReason).toBe('The agent that held the cluster died');

  const again = await post(platform, `jobs/${running}/runs/rerun/`, { resume: true });
  expect(again.status).toBe(202);
  const resumed = await until(async () => {
    const job = await jobOf(platform, running);
    return job.outcome === 'success' && job;
  }, 'the end of the resumed run');
  expect(resumed.clusterId).toBe(null);
});

test('its walltime ends a cluster with its job, in words, and what that has written is kept', async () => {
  const cluster = await createCluster(platform, withSlots(1));
  await startCluster(platform, cluster);
  const job = await submitJob(platform, definition('echo 1 > kept; sleep 300', { clusterId: cluster }));
  await eventually(platform, job, 'Executing');
  const path = join(platform.dataDir, 'clusters', cluster, 'begun.json');
  const begun = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...begun, monotonicMs: begun.monotonicMs - 3_601_000 }));
  const ended = await eventually(platform, job, 'Completed');
  expect([ended.outcome, ended.failure.code]).toEqual(['walltime_exceeded', 'cluster_walltime_exceeded']);
  expect(await outputs(job)).toContain('kept');
  await stopped(cluster);
  expect((await shown(platform, cluster)).statusReason).toBe('Walltime of 1 hour exceeded');
});

test('one without a job ends after its idle time, and one with a job does not', async () => {
  const idle = { ...withSlots(1), idleMinutes: 1 / 60 };
  const [busy, empty] = [await createCluster(platform, idle), await createCluster(platform, idle)];
  const job = await submitJob(platform, definition('sleep 300', { clusterId: busy }));
  await startCluster(platform, busy);
  await eventually(platform, job, 'Executing');
  await startCluster(platform, empty);
  await stopped(empty);
  expect((await shown(platform, empty)).statusReason).toBe('Without a job for 1 second');
  expect((await shown(platform, busy)).status).toBe('Started');
  await post(platform, `jobs/${job}/shutdown/`);
  await stopped(busy);
  expect((await jobOf(platform, job)).failure.code).toBe('stopped_by_user');
});

test('in a copy of the data directory a cluster has ended, and that of the original goes on', async () => {
  const cluster = await createCluster(platform, withSlots(1));
  await startCluster(platform, cluster);
  const jobs = [
    await submitJob(platform, definition('sleep 300', { clusterId: cluster })),
    await submitJob(platform, definition('true', { clusterId: cluster })),
  ];
  await eventually(platform, jobs[0]!, 'Executing');
  await platform.kill();
  const base = await mkdtemp(join(tmpdir(), 'quarry-copy-'));
  const data = join(base, 'data');
  execFileSync('cp', ['-a', platform.dataDir, data]);
  {
    await using copy = await startPlatform({ cores: 4, data });
    const codes = [];
    for (const job of jobs) {
      codes.push((await eventually(copy, job, 'Completed')).failure.code);
    }
    expect(codes).toEqual(['agent_lost', 'cluster_ended']);
    const { status, statusReason } = await shown(copy, cluster);
    expect([status, statusReason]).toEqual(['Stopped', expect.stringMatching(/restored from a copy/)]);
  }
  await rm(base, { recursive: true });
  await platform.restart();
  expect(await shown(platform, cluster)).toMatchObject({ status: 'Started', jobIds: jobs });
  await post(platform, `clusters/${cluster}/shutdown/`);
  await stopped(cluster);
}, 120_000);

test('a cluster takes jobs of its owner and its project alone, and those that fit', async () => {
  const ann = await addUser(platform, 'ann@lab.example');
  const project = (await post(platform, 'projects/', { name: 'wings' })).body.id;
  await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: ann.id });
  const [own, shared] = [
    await createCluster(platform, withSlots(1)),
    await createCluster(platform, { ...withSlots(1), projectId: project }),
  ];
  const [hers, ofProject] = [
    await saveJob(platform, definition(), ann.key),
    await saveJob(platform, definition('true', { projectId: project }), ann.key),
  ];
  expect((await attach(platform, own, hers, ann.key)).status).toBe(404);
  expect(await attach(platform, own, hers)).toMatchObject({
    status: 400,
    body: { id: [expect.stringContaining("somebody else's")] },
  });
  expect(await attach(platform, shared, hers, ann.key)).toMatchObject({ status: 400 });
  expect((await attach(platform, shared, ofProject, ann.key)).status).toBe(201);
  expect((await shown(platform, shared)).jobIds).toEqual([ofProject]);
  expect((await post(platform, `clusters/${shared}/shutdown/`, undefined, ann.key)).status).toBe(403);
  expect((await attach(platform, shared, ofProject, ann.key)).status).toBe(201);
  const ended = await submitJob(platform, definition('false'));
  await eventually(platform, ended, 'Completed');
  expect(await attach(platform, own, ended)).toMatchObject({ status: 400, body: { code: 'job_started' } });
  await post(platform, `clusters/${shared}/shutdown/`);
  expect((await jobOf(platform, ofProject)).failure.code).toBe('cluster_shut_down');
});

test('whenever the server is killed while clusters start, work and end, all comes to its end and no core stays held', async () => {
  const clusters: string[] = [];
  const jobs: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const cluster = await createCluster(platform, withSlots(2));
    clusters.push(cluster);
    await post(platform, `clusters/${cluster}/start/`);
    for (let index = 0; index < 3; index += 1) {
      jobs.push(await submitJob(platform, definition('sleep 0.2', { clusterId: cluster })));
    }
    await sleep(round * 120);
    if (round % 2 === 1) {
      await post(platform, `clusters/${cluster}/shutdown/`);
      await sleep(round * 20);
    }
    await platform.kill();
    await platform.restart();
  }
  for (const cluster of clusters) {
    expect((await post(platform, `clusters/${cluster}/shutdown/`)).status).toBe(204);
  }
  for (const cluster of clusters) {
    await stopped(cluster);
    const statuses = await statusesOf(platform, cluster);
    expect(new Set(statuses).size).toBe(statuses.length);
  }
  for (const job of jobs) {
    const { outcome, failure } = await eventually(platform, job, 'Completed');
    expect([job, outcome, failure?.code ?? null]).toEqual(
      outcome === 'success' ? [job, 'success', null] : [job, 'stopped', 'cluster_shut_down'],
    );
  }
  const whole = await createCluster(platform, withSlots(4));
  await startCluster(platform, whole);
  await post(platform, `clusters/${whole}/shutdown/`);
  await stopped(whole);
}, 120_000);
