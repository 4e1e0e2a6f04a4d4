import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
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
} from './persistent-clusters-harness.ts';
import { definition, saveJob, submitJob, until } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const instanceOf = async (job: string) =>
  (await platform.call('GET', `/api/v2/jobs/${job}/instances/`)).body.results[0];
const ended = (id: string) => eventually(platform, id, 'Completed');

test('two jobs use a cluster one after another, in the process that is there, each in a home of its own', async () => {
  const cluster = await createCluster(platform);
  expect(await statusesOf(platform, cluster)).toEqual(['Not Started']);
  await startCluster(platform, cluster);
  expect(await statusesOf(platform, cluster)).toEqual([
    ...['Started', 'Starting', 'Queued', 'Pending', 'Not Started'],
  ]);
  const holder = await holderOf(platform, cluster);
  const first = await saveJob(platform, definition('echo mine > secret; echo $RESCALE_CLUSTER_ID'));
  expect(await attach(platform, cluster, first)).toMatchObject({ status: 201, body: { id: first } });
  expect(await ended(first)).toMatchObject({ outcome: 'success', clusterId: cluster });
  const second = await submitJob(platform, definition('ls', { clusterId: cluster }));
  expect(await ended(second)).toMatchObject({ outcome: 'success', clusterId: cluster });
  const { body } = await platform.call(
    'GET',
    `/api/v2/jobs/${second}/runs/1/tail/process_output.log?lines=9`,
  );
  expect(JSON.stringify(body)).not.toContain('secret');
  expect(
    (
      await platform.call('GET', `/api/v2/jobs/${first}/runs/1/tail/process_output.log?lines=9`)
    ).body.lines.join(),
  ).toContain(cluster);
  expect(await holderOf(platform, cluster)).toEqual(holder);
  expect((await shown(platform, cluster)).status).toBe('Started');
  expect((await jobOf(platform, second)).cost.used.amount).toBe('0.00');
  const { cost, jobIds } = await shown(platform, cluster);
  expect([Number(cost.amount) > 0, jobIds]).toEqual([true, []]);
  await post(platform, `clusters/${cluster}/shutdown/`);
  await until(async () => (await shown(platform, cluster)).status === 'Stopped', 'the end');
});

test('jobs run side by side within the slots of a cluster, and the next one waits for them', async () => {
  const cluster = await createCluster(platform, {
    hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 2 },
  });
  await startCluster(platform, cluster);
  const jobs: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    jobs.push(await submitJob(platform, definition('sleep 300', { clusterId: cluster })));
  }
  await eventually(platform, jobs[0]!, 'Executing');
  await eventually(platform, jobs[1]!, 'Executing');
  const waiting = await until(async () => (await jobOf(platform, jobs[2]!)).waiting, 'why it waits');
  expect(waiting.message).toBe(`The job needs 1 core; 0 of 2 of cluster ${cluster} are free.`);
  expect((await shown(platform, cluster)).jobIds).toEqual(jobs);
  const doors = await Promise.all(jobs.slice(0, 2).map((job) => instanceOf(job)));
  expect(doors.map(({ clusterId, cores, status }) => [clusterId, cores, status])).toEqual([
    [cluster, 2, 'Started'],
    [cluster, 2, 'Started'],
  ]);
  expect(new Set(doors.map(({ sshPort }) => sshPort)).size).toBe(2);
  expect(await instanceOf(jobs[2]!)).toBe(undefined);
  await post(platform, `jobs/${jobs[0]}/stop/`);
  expect(await ended(jobs[0]!)).toMatchObject({ outcome: 'stopped' });
  await until(async () => (await instanceOf(jobs[0]!)).sshPort === null, 'the end of its door');
  const { body: itsClusters } = await platform.call('GET', `/api/v3/jobs/${jobs[0]}/clusters/`);
  expect(itsClusters.results.map(({ id }: { id: string }) => id)).toEqual([cluster]);
  const { body: itsStatuses } = await platform.call('GET', `/api/v2/jobs/${jobs[0]}/cluster_statuses/`);
  expect(itsStatuses.results[0]).toMatchObject({ clusterId: cluster, status: 'Started' });
  await eventually(platform, jobs[2]!, 'Executing');
  expect((await shown(platform, cluster)).status).toBe('Started');

  await post(platform, `clusters/${cluster}/shutdown/`);
  for (const job of jobs.slice(1)) {
    const { outcome, failure } = await ended(job);
    expect([outcome, failure.code]).toEqual(['stopped', 'cluster_shut_down']);
    expect(failure.message).toContain(`Cluster ${cluster} was shut down on request`);
  }
  await until(async () => (await shown(platform, cluster)).status === 'Stopped', 'the end');
  expect(await statusesOf(platform, cluster)).toEqual(expect.arrayContaining(['Stop Requested', 'Stopping']));
  const late = await saveJob(platform);
  expect(await attach(platform, cluster, late)).toMatchObject({
    status: 400,
    body: { code: 'cluster_ended' },
  });
});
