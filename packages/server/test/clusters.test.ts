import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  clusterOf,
  definition,
  reach,
  runJob,
  saveJob,
  submitJob,
  until,
} from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const get = async (path: string, key?: string) =>
  (await platform.call('GET', `/api/v3/${path}`, undefined, key)).body;
const post = (path: string) => platform.call('POST', `/api/v2/${path}`);
const clusterStopped = (id: string) =>
  until(async () => (await clusterOf(platform, id)).status === 'Stopped', 'the end of the cluster');
const ids = (page: { results: Array<{ id: string }> }) => page.results.map(({ id }) => id);

test('a cluster shows what it has, where it is and what became of it, from the list to its own page', async () => {
  const body = definition(
    'sleep 300',
    { name: 'wing' },
    { hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 2 } },
  );
  const job = await submitJob(platform, body);
  await reach(platform, job, 'Executing');
  const { results } = await get(`jobs/${job}/clusters/`);
  const [cluster] = results;
  expect(results).toEqual([
    {
      id: (await clusterOf(platform, job)).id,
      name: 'wing',
      owner: expect.stringContaining('@'),
      jobId: job,
      ...{ isPersistent: false, jobIds: [job], projectId: null, installedAnalyses: [] },
      ...{ runLowPriority: false, idleMinutes: null, waiting: null, cost: null },
      status: 'Started',
      statusReason: null,
      statusDate: cluster.dateStarted,
      hardware: { coreType: { code: 'quartz', name: 'Quartz' }, coresPerSlot: 1, slots: 1, walltime: 2 },
      slotsGranted: 1,
      hostname: hostname(),
      scheduler: 'local',
      dateInserted: expect.any(String),
      dateStarted: expect.any(String),
      dateStopped: null,
    },
  ]);
  expect(ids(await get('clusters/'))).toContain(cluster.id);
  expect(await get(`clusters/${cluster.id}/`)).toEqual(cluster);

  await post(`jobs/${job}/stop/`);
  await clusterStopped(job);
  const ended = await get(`clusters/${cluster.id}/`);
  const history = (await get(`clusters/${cluster.id}/statuses/`)).results;
  expect(history.map(({ status }: { status: string }) => status)).toEqual([
    ...['Stopped', 'Stopping', 'Stop Requested', 'Started', 'Starting', 'Not Started'],
  ]);
  expect(history).toEqual((await get(`jobs/${job}/cluster_statuses/`)).results);
  expect(ended).toMatchObject({
    status: 'Stopped',
    statusDate: history[0].statusDate,
    dateStopped: history[0].statusDate,
  });
  await until(async () => !ids(await get('clusters/')).includes(cluster.id), 'the list without it');
  expect(ids(await get('clusters/?state=ended'))).toContain(cluster.id);
});

test('instances of a job are there from its start on, and tell when they ended', async () => {
  const saved = await saveJob(platform, definition('sleep 300'));
  const instances = async () => (await platform.call('GET', `/api/v2/jobs/${saved}/instances/`)).body;
  expect(await instances()).toEqual({ count: 0, next: null, previous: null, results: [] });
  await post(`jobs/${saved}/submit/`);
  await reach(platform, saved, 'Executing');
  const [instance] = (await instances()).results;
  expect(instance).toEqual({
    clusterId: (await clusterOf(platform, saved)).id,
    ...{ publicIp: '127.0.0.1', publicHostname: '127.0.0.1', sshPort: expect.any(Number) },
    ...{ username: expect.any(String), hostKey: expect.stringMatching(/^ssh-/), role: 'MPI_MASTER' },
    ...{ hostname: hostname(), coreType: 'quartz', cores: 1, status: 'Started' },
    dateStarted: expect.any(String),
    dateStopped: null,
  });
  const details = await platform.call('GET', `/api/v2/jobs/${saved}/connection_details/`);
  const address = { host: instance.publicIp, port: instance.sshPort };
  expect(details.body).toEqual({ connectionDetails: [address] });
  await post(`jobs/${saved}/stop/`);
  await clusterStopped(saved);
  expect((await instances()).results).toEqual([
    {
      ...instance,
      ...{ publicIp: null, publicHostname: null, sshPort: null, username: null, hostKey: null },
      ...{ status: 'Stopped', dateStopped: expect.any(String) },
    },
  ]);
});

test('a job that is run again gets another cluster, the newest first, and shows the hosts of that', async () => {
  const { id: job } = await runJob(platform, definition('false'));
  await clusterStopped(job);
  const first = (await clusterOf(platform, job)).id;
  await post(`jobs/${job}/runs/rerun/`);
  const clusters = ids(await get(`jobs/${job}/clusters/`));
  expect([clusters.length, clusters[1]]).toEqual([2, first]);
  await until(async () => (await get(`jobs/${job}/`)).outcome === 'failed', 'the second end');
  const { results } = await get(`jobs/${job}/instances/`);
  expect(results.map(({ clusterId }: { clusterId: string }) => clusterId)).toEqual([clusters[0]]);
});

test('clusters that were not started are among those that wait, and not among those that run', async () => {
  const other = await saveJob(platform);
  const waiting = await submitJob(platform, definition('true', { after: [{ jobId: other }] }));
  const [cluster] = ids(await get(`jobs/${waiting}/clusters/`));
  expect(ids(await get('clusters/?state=waiting'))).toContain(cluster);
  expect(ids(await get('clusters/?state=ALL&page_size=100'))).toContain(cluster);
  for (const state of ['running', 'ended']) {
    expect(ids(await get(`clusters/?state=${state}&page_size=100`))).not.toContain(cluster);
  }
  expect(await get(`clusters/${cluster}/`)).toMatchObject({
    ...{ status: 'Not Started', slotsGranted: null, hostname: null, dateStarted: null },
  });
  expect((await platform.call('GET', '/api/v2/clusters/?state=lost')).status).toBe(400);
  await post(`jobs/${waiting}/stop/`);
});

test('pages follow each other without a gap, and nobody sees clusters of others or of deleted jobs', async () => {
  const user = await addUser(platform, 'user@lab.example');
  const jobs: string[] = [];
  for (let index = 0; index < 5; index++) {
    jobs.push((await runJob(platform, definition(), user.key)).id);
  }
  const seen: string[] = [];
  for (let path: string | null = 'clusters/?state=all&page_size=2'; path !== null; ) {
    const page: { count: number; next: string | null; results: Array<{ jobId: string }> } = await get(
      path,
      user.key,
    );
    expect(page.count).toBe(5);
    seen.push(...page.results.map(({ jobId }) => jobId));
    path = page.next && page.next.split('/api/v3/')[1]!;
  }
  expect(seen).toEqual(jobs.toReversed());
  const { id } = await clusterOf(platform, jobs[0]!);
  const stranger = await addUser(platform, 'stranger@lab.example');
  expect((await get('clusters/?state=all', stranger.key)).count).toBe(0);
  for (const path of [`clusters/${id}/`, `clusters/${id}/statuses/`, `jobs/${jobs[0]}/clusters/`]) {
    const answer = await platform.call('GET', `/api/v3/${path}`, undefined, stranger.key);
    expect([path, answer.status]).toEqual([path, 404]);
  }
  await platform.call('DELETE', `/api/v2/jobs/${jobs[0]}/`, undefined, user.key);
  expect((await platform.call('GET', `/api/v3/clusters/${id}/`, undefined, user.key)).status).toBe(404);
  expect((await get('clusters/?state=all', user.key)).count).toBe(4);
});
