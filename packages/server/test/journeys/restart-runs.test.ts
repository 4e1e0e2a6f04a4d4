/** Jobs with several runs whose runs each go on from the run of their number in another job. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, runJob, submitJob, until, uploadFile } from '../platform-harness.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const MARKED =
  'n=$(cat state 2>/dev/null || echo 0); n=$((n + 1)); echo $n > state; cat in; echo "x=$x n=$n"';

/** Templates say to the command which run it is: `x` is 1 to 5. */
async function sweepOf(command: string, more: object = {}): Promise<object> {
  const template = await uploadFile(platform, 'in.tpl', 'x=${x}\n');
  const paramFile = { id: (await uploadFile(platform, 'params.csv', 'x\n1\n2\n3\n4\n5\n')).id };
  const templateTasks = [{ templateFile: { id: template.id }, processedFilename: 'in' }];
  return definition(`. ./in; ${command}`, { paramFile, ...more }, { templateTasks, hardware: slots(4) });
}

function slots(count: number) {
  return { coreType: 'quartz', coresPerSlot: 1, slots: count };
}

async function restart(jobId: string, body: object = {}): Promise<Answer> {
  return platform.call('POST', `/api/v2/jobs/${jobId}/restart/`, body);
}

async function ended(answer: Answer): Promise<Answer['body']> {
  expect(answer).toMatchObject({ status: 201 });
  await reach(platform, answer.body.id, 'Completed');
  return (await platform.call('GET', `/api/v2/jobs/${answer.body.id}/`)).body;
}

async function runsOf(jobId: string) {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/runs/?page_size=100`);
  return body.results as Array<{ id: string; outcome: string; restartedFrom: object | null }>;
}

async function readRunOutput(jobId: string, run: number, path: string): Promise<string> {
  const url = new URL(`/api/v2/jobs/${jobId}/runs/${run}/tail/${path}`, platform.url);
  const response = await fetch(url, { headers: { authorization: `Token ${platform.apiKey}` } });
  expect(response.status).toBe(200);
  return response.text();
}

const failing = (command = MARKED) => sweepOf(`${command}; [ $n -gt 1 ] || [ $((x % 2)) = 1 ]`);

test('the runs that did not end well go on under their numbers, each with its own files and values', async () => {
  const first = await runJob(platform, await failing());
  expect((await runsOf(first.id)).map(({ outcome }) => outcome)).toEqual([
    'success',
    'failed',
    'success',
    'failed',
    'success',
  ]);
  const second = await ended(await restart(first.id, { submit: true }));
  expect(second).toMatchObject({
    outcome: 'success',
    expectedRuns: 2,
    restartedFrom: { jobId: first.id, runId: null, from: 'outputs', snapshotId: null },
    progress: { runs: 2 },
  });
  const runs = await runsOf(second.id);
  expect(runs.map(({ id }) => id)).toEqual(['2', '4']);
  expect(runs[1]!.restartedFrom).toEqual({ jobId: first.id, runId: '4', from: 'outputs', snapshotId: null });
  expect((await platform.call('GET', `/api/v2/jobs/${second.id}/runs/4/`)).body).toEqual(runs[1]);
  expect(await readRunOutput(second.id, 4, 'state')).toBe('2\n');
  expect(await readRunOutput(second.id, 4, 'process_output.log')).toMatch(/x=4 n=2/);
  const page = await platform.call('GET', `/api/v2/jobs/${second.id}/runs/?page_size=1&page=2`);
  expect(page.body).toMatchObject({ count: 2, next: null, results: [{ id: '4' }] });
  const table = (await platform.call('GET', `/api/v2/jobs/${second.id}/results/`)).body;
  expect(table.rows.map(([run]: number[]) => run)).toEqual([2, 4]);
});

test('all runs, or those of a list, go on; a restart of a restart, and a rerun, begin with the same files again', async () => {
  const first = await runJob(platform, await sweepOf(MARKED));
  expect(await restart(first.id)).toMatchObject({ status: 409, body: { code: 'nothing_to_restart_from' } });
  const all = await restart(first.id, { runs: 'all' });
  expect(all.body.expectedRuns).toBe(5);
  const named = await ended(await restart(first.id, { runs: [5, '3', '3'], submit: true }));
  expect((await runsOf(named.id)).map(({ id }) => id)).toEqual(['3', '5']);
  const third = await ended(await restart(named.id, { runs: ['5'], submit: true }));
  expect(await readRunOutput(third.id, 5, 'state')).toBe('3\n');
  const again = await platform.call('POST', `/api/v2/jobs/${third.id}/runs/rerun/`, { runs: ['5'] });
  expect(again.body).toEqual({ runs: ['5'] });
  await until(async () => {
    const [run] = await runsOf(third.id);
    return run!.outcome === 'success' && (run as { attempt?: number }).attempt === 2;
  });
  expect(await readRunOutput(third.id, 5, 'state')).toBe('3\n');
  const clone = await platform.call('POST', `/api/v2/jobs/${named.id}/clone/`, {});
  expect(clone.body.restartedFrom).toEqual(named.restartedFrom);
  await platform.call('PATCH', `/api/v2/jobs/${clone.body.id}/`, { name: 'renamed' });
  await platform.call('POST', `/api/v2/jobs/${clone.body.id}/submit/`);
  await reach(platform, clone.body.id, 'Completed');
  expect(await readRunOutput(clone.body.id, 3, 'state')).toBe('2\n');
});

test('each run goes on from its latest snapshot while the others execute, and a named one alone from its own', async () => {
  const wait = 'echo ready; while [ ! -e go ]; do sleep 0.05; done';
  const id = await submitJob(platform, await sweepOf(`${MARKED}; ${wait}`));
  const take = async (run: number) =>
    (await platform.call('POST', `/api/v2/jobs/${id}/runs/${run}/snapshot/`)).body;
  await until(async () => (await take(1)).exitcode === 0);
  await until(async () => (await take(2)).exitcode === 0);
  const named = (await take(2)).lastSnapshotID;
  expect(await restart(id)).toMatchObject({
    status: 409,
    body: { code: 'nothing_to_restart_from', detail: expect.stringContaining('3, 4, 5') },
  });
  const change = { jobanalyses: ((await sweepOf(MARKED)) as { jobanalyses: object[] }).jobanalyses };
  const two = await ended(await restart(id, { runs: [1, 2], change, submit: true }));
  expect(two.restartedFrom).toMatchObject({ runId: null, from: 'snapshot' });
  expect(await readRunOutput(two.id, 2, 'state')).toBe('2\n');
  const one = await ended(await restart(id, { snapshotId: named, change, submit: true }));
  expect((await runsOf(one.id)).map((run) => run.id)).toEqual(['2']);
  expect((await restart(id, { snapshotId: named, runs: 'all' })).body).toHaveProperty('snapshotId');
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
});

test('runs without anything to begin with are refused by name, and begin anew where that is said', async () => {
  const first = await runJob(
    platform,
    await sweepOf('[ $x != 2 ] || exit 3; rm in; [ $x = 3 ] && echo 1 > state; true'),
  );
  expect(await restart(first.id, { runs: 'all' })).toMatchObject({
    status: 409,
    body: { code: 'nothing_to_restart_from', detail: expect.stringContaining(': 1, 2, 4, 5') },
  });
  const change = { jobanalyses: ((await sweepOf(MARKED)) as { jobanalyses: object[] }).jobanalyses };
  const mixed = await ended(
    await restart(first.id, { runs: ['1', '3'], from: ['outputs', 'fresh'], change, submit: true }),
  );
  expect(mixed.restartedFrom).toMatchObject({ from: null });
  expect((await runsOf(mixed.id)).map(({ restartedFrom }) => restartedFrom)).toEqual([
    null,
    { jobId: first.id, runId: '3', from: 'outputs', snapshotId: null },
  ]);
  expect(await readRunOutput(mixed.id, 1, 'state')).toBe('1\n');
  expect(await readRunOutput(mixed.id, 3, 'state')).toBe('2\n');
});

test('checkpoints of each run are found at their paths', async () => {
  const body = await sweepOf(`echo had:$(cat deep/a.chk); ${MARKED}; mkdir -p deep; echo $n > deep/a.chk`, {
    checkpoints: ['deep/*.chk'],
  });
  const first = await runJob(platform, body);
  const second = await ended(await restart(first.id, { runs: ['2'], from: 'checkpoint', submit: true }));
  expect(second.restartedFrom).toMatchObject({ from: 'checkpoint' });
  expect(await readRunOutput(second.id, 2, 'state')).toBe('1\n');
  expect(await readRunOutput(second.id, 2, 'process_output.log')).toMatch(/had:1\n/);
});

test('what cannot be chosen is refused in words', async () => {
  const first = await runJob(platform, await sweepOf(MARKED));
  expect((await restart(first.id, { runs: ['9'] })).body.runs[0]).toContain('no such runs: 9');
  expect((await restart(first.id, { runs: 'some' })).body.runs[0]).toContain('unfinished, failed, all');
  expect((await restart(first.id, { runs: [] })).body).toHaveProperty('runs');
  expect((await restart(first.id, { from: ['memory'] })).body).toHaveProperty('from');
  expect(await restart(first.id, { runs: 'failed' })).toMatchObject({ status: 409 });
  expect(await restart(first.id, { runs: 'all', from: 'checkpoint' })).toMatchObject({
    body: { code: 'no_checkpoints' },
  });
  // Parameters that leave no place for a run.
  const paramFile = { id: (await uploadFile(platform, 'fewer.csv', 'x\n1\n2\n')).id };
  const fewer = await restart(first.id, { runs: ['1', '4'], change: { paramFile } });
  expect(fewer.body.non_field_errors[0]).toContain('no place in it: 4');
  const saved = await restart(first.id, { runs: ['1', '4'] });
  const patched = await platform.call('PATCH', `/api/v2/jobs/${saved.body.id}/`, { paramFile });
  expect(patched.body.non_field_errors[0]).toContain('no place in it: 4');
  await until(async () => (await platform.call('DELETE', `/api/v2/jobs/${first.id}/`)).status === 204);
  expect(await platform.call('POST', `/api/v2/jobs/${saved.body.id}/submit/`)).toMatchObject({
    status: 400,
    body: { code: 'restored_deleted' },
  });
});
