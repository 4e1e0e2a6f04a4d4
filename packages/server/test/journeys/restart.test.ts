/** Jobs that go on from what another one has left: its outputs, a snapshot of it, or its checkpoints. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  addUser,
  definition,
  logOf,
  reach,
  readOutput,
  runJob,
  submitJob,
  until,
  untilPrinted,
  uploadFile,
} from '../platform-harness.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Counts on from where it was; what it goes through stays in files. */
const COUNTS = `n=$(cat state/count 2>/dev/null || echo 0); mkdir -p state
n=$((n + 1)); echo $n > state/count; echo frame > frame-$n; printf '#!/bin/sh\\necho tool' > tool; chmod 755 tool
[ -x tool ] && ./tool; echo counted $n`;

async function restart(jobId: string, body?: object, key?: string): Promise<Answer> {
  return platform.call('POST', `/api/v2/jobs/${jobId}/restart/`, body, key);
}

async function ended(answer: Answer): Promise<Answer['body']> {
  expect(answer.status).toBe(201);
  await reach(platform, answer.body.id, 'Completed');
  return (await platform.call('GET', `/api/v2/jobs/${answer.body.id}/`)).body;
}

async function pathsOf(jobId: string): Promise<string[]> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/?page_size=100`);
  return body.results.map(({ relativePath }: { relativePath: string }) => relativePath).sort();
}

test('a job goes on from the outputs of one that has ended, with its inputs, and says so', async () => {
  const input = await uploadFile(platform, 'mesh.dat', 'a mesh');
  const first = await runJob(
    platform,
    definition(`cat mesh.dat; ${COUNTS}`, {}, { inputFiles: [{ id: input.id }] }),
  );
  const second = await ended(await restart(first.id, { submit: true }));
  expect(second).toMatchObject({
    name: 'Restart of a job',
    outcome: 'success',
    clonedFrom: first.id,
    restartedFrom: { jobId: first.id, runId: '1', from: 'outputs', snapshotId: null },
  });
  expect(await readOutput(platform, second.id, 'state/count')).toBe('2\n');
  // What an uninterrupted run would have left; the input is none of it.
  expect(await pathsOf(second.id)).toEqual([
    'frame-1',
    'frame-2',
    'process_output.log',
    'state/count',
    'tool',
  ]);
  expect((await logOf(platform, second.id)).join('')).toMatch(/a mesh[\s\S]*tool[\s\S]*counted 2/);
  const third = await ended(await restart(second.id, { submit: true }));
  expect(await readOutput(platform, third.id, 'state/count')).toBe('3\n');
});

test('a job goes on from a snapshot of one that still executes, and the other one goes on by itself', async () => {
  const id = await submitJob(
    platform,
    definition(`${COUNTS}; echo ready; while [ ! -e go ]; do sleep 0.05; done`),
  );
  await untilPrinted(platform, id, 'ready');
  const { body } = await platform.call('POST', `/api/v2/jobs/${id}/runs/1/snapshot/`);
  const change = { jobanalyses: definition(`${COUNTS}; ls`).jobanalyses };
  const made = await ended(await restart(id, { name: 'goes on', change, submit: true }));
  expect(made).toMatchObject({
    name: 'goes on',
    outcome: 'success',
    restartedFrom: { jobId: id, from: 'snapshot', snapshotId: body.data.id },
  });
  expect(await readOutput(platform, made.id, 'state/count')).toBe('2\n');
  const named = await restart(id, { snapshotId: body.lastSnapshotID });
  expect(named.body.restartedFrom.snapshotId).toBe(body.data.id);
  expect((await platform.call('GET', `/api/v2/jobs/${id}/`)).body.status).toBe('Executing');
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
});

test('checkpoints are ordinary outputs, and the only files that a restart from them begins with', async () => {
  const first = await runJob(platform, definition(COUNTS, { checkpoints: ['state/'] }));
  expect(first.checkpoints).toEqual(['state/']);
  const second = await ended(await restart(first.id, { from: 'checkpoint', submit: true }));
  expect(second.restartedFrom).toMatchObject({ from: 'checkpoint', snapshotId: null });
  expect(await pathsOf(second.id)).toEqual(['frame-2', 'process_output.log', 'state/count', 'tool']);

  const id = await submitJob(
    platform,
    definition(`${COUNTS}; echo ready; while [ ! -e go ]; do sleep 0.05; done`, { checkpoints: ['count'] }),
  );
  await untilPrinted(platform, id, 'ready');
  const taken = (await platform.call('POST', `/api/v2/jobs/${id}/runs/1/snapshot/`, { kind: 'checkpoint' }))
    .body;
  expect(taken).toMatchObject({ exitcode: 0, data: { kind: 'checkpoint', fileCount: 1 } });
  const file = (await platform.call('GET', `/api/v2/files/${taken.data.fileId}/`)).body;
  expect(file.typeId).toBe(11);
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
  const change = { jobanalyses: definition(`ls; ${COUNTS}`).jobanalyses };
  const third = await ended(await restart(id, { snapshotId: taken.data.id, change, submit: true }));
  expect(third.restartedFrom).toMatchObject({ from: 'checkpoint', snapshotId: taken.data.id });
  expect(await readOutput(platform, third.id, 'state/count')).toBe('2\n');
});

test('an input file that the other job did not have replaces what is restored', async () => {
  const first = await runJob(platform, definition('echo old > settings; echo 1 > state'));
  const input = await uploadFile(platform, 'settings', 'new');
  const tile = { inputFiles: [{ id: input.id }] };
  const change = { jobanalyses: definition('cat settings state', {}, tile).jobanalyses };
  const second = await ended(await restart(first.id, { change, submit: true }));
  expect((await logOf(platform, second.id)).join('')).toMatch(/new1/);
});

test('a clone of a job that went on from files begins with them again', async () => {
  const first = await runJob(platform, definition(COUNTS));
  const second = await ended(await restart(first.id, { submit: true }));
  const clone = await platform.call('POST', `/api/v2/jobs/${second.id}/clone/`, {});
  expect(clone.body.restartedFrom).toEqual(second.restartedFrom);
  // A change of a saved job leaves what it begins with.
  await platform.call('PATCH', `/api/v2/jobs/${clone.body.id}/`, { name: 'renamed' });
  await platform.call('POST', `/api/v2/jobs/${clone.body.id}/submit/`);
  await reach(platform, clone.body.id, 'Completed');
  expect(await readOutput(platform, clone.body.id, 'state/count')).toBe('2\n');
});

test('what cannot be gone on from is refused in words', async () => {
  const log = await runJob(platform, definition('true'));
  expect(await restart(log.id)).toMatchObject({ status: 409, body: { code: 'nothing_to_restart_from' } });
  expect(await restart(log.id, { from: 'snapshot' })).toMatchObject({
    status: 409,
    body: { code: 'nothing_to_restart_from' },
  });
  expect(await restart(log.id, { from: 'checkpoint' })).toMatchObject({
    status: 400,
    body: { code: 'no_checkpoints' },
  });
  expect((await restart(log.id, { snapshotId: 'xxxxxx' })).body).toHaveProperty('snapshotId');
  expect((await restart(log.id, { from: 'memory' })).body).toHaveProperty('from');
});

test('files that jobs under way are to begin with are not taken away, and deleted ones are told', async () => {
  const first = await runJob(platform, definition(COUNTS));
  const waits = { jobanalyses: definition('while [ ! -e go ]; do sleep 0.05; done').jobanalyses };
  const under = await restart(first.id, { change: waits, submit: true });
  expect(await platform.call('DELETE', `/api/v2/jobs/${first.id}/`)).toMatchObject({
    status: 409,
    body: { code: 'job_restarted' },
  });
  expect(await platform.call('POST', `/api/v2/jobs/${first.id}/runs/rerun/`, { runs: ['1'] })).toMatchObject({
    status: 409,
  });
  await platform.call('POST', `/api/v2/jobs/${under.body.id}/stop/`);
  await reach(platform, under.body.id, 'Completed');
  const saved = await restart(first.id);
  await until(async () => (await platform.call('DELETE', `/api/v2/jobs/${first.id}/`)).status === 204);
  expect(await platform.call('POST', `/api/v2/jobs/${saved.body.id}/submit/`)).toMatchObject({
    status: 400,
    body: { code: 'restored_deleted' },
  });
});

test('deleting a job with its inputs leaves the outputs of the job that it went on from', async () => {
  const first = await runJob(platform, definition(COUNTS));
  const second = await ended(await restart(first.id, { submit: true }));
  await until(async () => {
    return (await platform.call('DELETE', `/api/v2/jobs/${second.id}/?deleteInputFiles=true`)).status === 204;
  });
  expect(await readOutput(platform, first.id, 'state/count')).toBe('1\n');
});

test('only the owner of a job, and an administrator, can go on from it', async () => {
  const [owner, stranger] = await Promise.all([
    addUser(platform, 'owner@lab.example'),
    addUser(platform, 'stranger@lab.example'),
  ]);
  const first = await runJob(platform, definition(COUNTS), owner.key);
  expect((await restart(first.id, {}, stranger.key)).status).toBe(404);
  expect((await restart(first.id, {}, owner.key)).status).toBe(201);
  const byAdmin = await ended(await restart(first.id, { submit: true }));
  expect(byAdmin.outcome).toBe('success');
});

test('a request that is repeated with its key makes one job', async () => {
  const first = await runJob(platform, definition(COUNTS));
  const ids = new Set<string>();
  for (let count = 0; count < 2; count += 1) {
    const response = await fetch(new URL(`/api/v2/jobs/${first.id}/restart/`, platform.url), {
      method: 'POST',
      headers: {
        authorization: `Token ${platform.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': 'restart-once',
      },
      body: JSON.stringify({ submit: true }),
    });
    expect(response.status).toBe(201);
    ids.add(((await response.json()) as { id: string }).id);
  }
  expect(ids.size).toBe(1);
  await reach(platform, [...ids][0]!, 'Completed');
});
