import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { attach, createCluster, shown, startCluster } from './persistent-clusters-harness.ts';
import {
  addUser,
  definition,
  reach,
  runJob,
  type Someone,
  saveJob,
  submitJob,
  until,
} from './platform-harness.ts';

/** At so much for a second of a core, a job that lasts a second costs something. */
const DEAR =
  '[[coreType]]\ncode = "quartz"\nname = "Quartz"\ncores = [1]\nmemoryMbPerCore = 512\nprice = 7200\nlowPriorityPrice = 3600\n';

let platform: Platform;
let member: Someone;
let other: Someone;
let manager: Someone;
let project: string;

beforeAll(async () => {
  platform = await startPlatform({ cores: 8, coreTypes: DEAR });
  member = await addUser(platform, 'member@lab.example');
  other = await addUser(platform, 'other@lab.example');
  manager = await addUser(platform, 'manager@lab.example', { role: 'manager' });
  project = (await platform.call('POST', '/api/v2/projects/', { name: '"Wings", old' })).body.id;
  const members = `/api/v2/projects/${project}/members/`;
  await platform.call('POST', members, { userId: member.id });
  await platform.call('POST', members, { userId: other.id });
  await platform.call('POST', members, { userId: manager.id, role: 'manager' });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const usage = async (query = '', key?: string) => {
  const { status, body } = await platform.call('GET', `/api/v2/usage/?${query}`, undefined, key);
  expect([status, body.detail]).toEqual([200, undefined]);
  return body;
};
const spent = (sums: { amounts: { amount: string }[] }) =>
  sums.amounts.reduce((sum, { amount }) => sum + Number(amount), 0);
const jobOf = async (id: string, key?: string) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/`, undefined, key)).body;
const costOf = async (id: string, key?: string) => Number((await jobOf(id, key)).cost.used.amount);

test('a job counts with its cost, over a rerun, at the price of its priority, and when it is deleted', async () => {
  const change = { projectId: project, isLowPriority: true, name: 'twice' };
  const { id } = await runJob(platform, definition('sleep 1; false', change), member.key);
  const once = await costOf(id, member.key);
  expect(spent((await usage('', member.key)).total)).toBeCloseTo(once, 5);
  expect(once).toBeGreaterThan(0.1);
  const rerun = `/api/v2/jobs/${id}/runs/rerun/`;
  expect((await platform.call('POST', rerun, {}, member.key)).status).toBe(202);
  const job = await until(async () => {
    const again = await jobOf(id, member.key);
    return again.status === 'Completed' && again;
  }, 'the end of the rerun');
  expect(Number(job.cost.used.amount)).toBeGreaterThan(once + 0.1);
  const report = await usage('by=project', member.key);
  expect(report.rows).toMatchObject([{ key: project, name: '"Wings", old', isOngoing: false }]);
  expect(spent(report.rows[0])).toBeCloseTo(Number(job.cost.used.amount), 5);
  const hours = (job.elapsedWalltimeSeconds / 3600) * job.jobanalyses[0].hardware.coresPerSlot;
  expect(report.total.coreHours).toBeCloseTo(hours, 5);
  await platform.call('DELETE', `/api/v2/jobs/${id}/`, undefined, member.key);
  expect(await usage('by=project', member.key)).toMatchObject({ total: report.total, rows: report.rows });
});

test('what goes on is counted until now, and marked', async () => {
  const id = await submitJob(platform, definition('sleep 300'), other.key);
  await reach(platform, id, 'Executing');
  const first = await usage('by=coreType', other.key);
  expect(first.rows).toMatchObject([{ isOngoing: true }]);
  const second = await usage('by=coreType', other.key);
  expect(second.total.coreHours).toBeGreaterThanOrEqual(first.total.coreHours);
  const byDay = await usage('', other.key);
  expect(byDay.rows.at(-1)).toMatchObject({ key: byDay.dateCounted.slice(0, 10), isOngoing: true });
  const before = await usage('from=2001-01-01&to=2001-01-31', other.key);
  expect(before.rows).toHaveLength(31);
  expect(before.total).toEqual({ coreHours: 0, amounts: [], isOngoing: false });
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`, undefined, other.key);
  await reach(platform, id, 'Completed');
  expect(spent((await usage('', other.key)).total)).toBeCloseTo(await costOf(id, other.key), 5);
});

test('members see their own use, managers that of their project, administrators all', async () => {
  const all = await usage('by=person');
  expect(spent(all.total)).toBeGreaterThan(0.1);
  const names = all.rows.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['member@lab.example', 'other@lab.example']));
  const own = await usage('by=person', other.key);
  expect(own.rows.map(({ name }: { name: string }) => name)).toEqual(['other@lab.example']);
  const managed = await usage('by=person', manager.key);
  expect(managed.rows.map(({ name }: { name: string }) => name)).toEqual(['member@lab.example']);
  const narrowed = await usage('by=software&owner=member@lab.example&software=user_included');
  expect(narrowed.rows).toMatchObject([{ key: 'user_included' }]);
  expect(narrowed.total).toEqual(managed.total);
  expect((await usage('owner=member@lab.example', other.key)).total.amounts).toEqual([]);
});

test('a persistent cluster counts with its own cost, and the jobs on it do not beside it', async () => {
  const person = await addUser(platform, 'cluster@lab.example');
  const cluster = await createCluster(platform, {}, person.key);
  await startCluster(platform, cluster, person.key);
  const job = await saveJob(platform, definition('sleep 1'), person.key);
  await attach(platform, cluster, job, person.key);
  await reach(platform, job, 'Completed');
  await platform.call('POST', `/api/v2/clusters/${cluster}/shutdown/`, undefined, person.key);
  await expect.poll(async () => (await shown(platform, cluster)).status, { timeout: 20_000 }).toBe('Stopped');
  const { cost } = await shown(platform, cluster);
  const report = await usage('by=software', person.key);
  expect(spent(report.total)).toBeCloseTo(Number(cost.amount), 5);
  expect(report.rows).toMatchObject([{ key: null, name: null, isOngoing: false }]);
});

test('as CSV it is a file, whose names are quoted', async () => {
  const answer = await fetch(join(platform.url, 'api/v2/usage/?by=project&format=csv'), {
    headers: { authorization: `Token ${member.key}` },
  });
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="usage-.*-by-project\.csv"$/,
  );
  expect(await answer.text()).toMatch(
    /^project,name,coreHours,amount,currency,isOngoing\n\w+,"""Wings"", old",[\d.e-]+,[\d.e-]+,USD,false\n$/,
  );
});

test.each([
  ['zone=Mars/Olympus', 'zone', 'is not a time zone'],
  ['by=hour', 'by', 'Choose one of: day, project'],
  ['from=2026-02-30', 'from', 'no time'],
  ['from=2026-03-01&to=2026-02-01', 'from', 'is empty'],
  ['from=1990-01-01', 'from', '3660 days at most'],
  ['colour=green', 'colour', ''],
])('%s is refused in words', async (query, field, words) => {
  const { status, body } = await platform.call('GET', `/api/v2/usage/?${query}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body.errors?.[field] ?? body[field])).toContain(words);
});
