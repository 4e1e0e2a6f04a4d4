/** Jobs whose agent dies: what they had written is there, and they are resumed where they were cut off. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  addUser,
  agentOf,
  clusterOf,
  definition,
  loseJob,
  makeApiKey,
  reach,
  readOutput,
  submitJob,
  until,
  untilPrinted,
  uploadFile,
} from '../platform-harness.ts';

/** Writes states, the last of them once it is let go on; goes on from the last one that it finds. */
const SOLVER = [
  'n=$(ls state-* 2>/dev/null | wc -l); echo from $n',
  'while [ $n -lt 5 ]; do n=$((n + 1)); pwd > state-$n; echo state $n',
  '[ $n -lt 3 ] || until [ -e ../go ]; do [ -e ../ready ] || { touch ../ready; echo ready; }; sleep 0.05; done; done',
].join('\n');

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const job = async (id: string) => (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
const run = async (id: string, number = 1) =>
  (await platform.call('GET', `/api/v2/jobs/${id}/runs/${number}/`)).body;
interface File {
  relativePath: string;
  isUnfinished: boolean;
  decryptedSize: number;
}
const filesOf = async (id: string): Promise<File[]> =>
  (await platform.call('GET', `/api/v2/jobs/${id}/files/?page_size=1000&ordering=name`)).body.results;
const resume = (id: string, body: object = {}, key?: string) =>
  platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true, ...body }, key);
const clusterDirectory = async (id: string) =>
  join(platform.dataDir, 'clusters', (await clusterOf(platform, id)).id);
/** Lets the command of a run go on, wherever its attempt is. */
const letGo = (directory: string, number = 1) =>
  writeFile(join(directory, 'runs', String(number), 'home/go'), '');
const ended = (id: string, outcome: string) =>
  until(async () => {
    const body = await job(id);
    return body.status === 'Completed' && body.outcome === outcome && body;
  }, `the end of ${id} as ${outcome}`);

test('a job whose agent is killed has its log and states, and goes on from the last one when it is resumed', async () => {
  const id = await loseJob(platform, definition(SOLVER));
  const lost = await job(id);
  expect(lost).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
  expect(lost.failure.hint).toContain(`quarry runs resume ${id}`);
  expect(lost.failure.hint).toContain('marked as unfinished');
  const histories = await reach(platform, id, 'Completed');
  expect(histories.at(-1)).toBe(`Completed (${lost.failure.message})`);
  const first = await run(id);
  expect(first).toMatchObject({
    ...{ outcome: 'failed', isUnfinished: true, isResumed: false, attempt: 1, outputFileCount: 4 },
    keptDirectory: { sizeBytes: expect.any(Number), dateExpires: expect.any(String) },
  });
  expect(first.keptDirectory.sizeBytes).toBeGreaterThan(4096);
  const days = (Date.parse(first.keptDirectory.dateExpires) - Date.parse(first.dateCompleted)) / 86_400_000;
  expect(Math.round(days)).toBe(7);
  expect(await filesOf(id)).toMatchObject(
    ['process_output.log', 'state-1', 'state-2', 'state-3'].map((relativePath) => ({
      ...{ relativePath, isUnfinished: true },
    })),
  );
  const before = await readOutput(platform, id, 'state-3');
  expect(await readOutput(platform, id, 'process_output.log')).toMatch(/: state 3\n.*: ready\n$/);
  const outputs = (await filesOf(id)).reduce((total, file) => total + file.decryptedSize, 0);
  const listed = (await platform.call('GET', '/api/v2/jobs/?page_size=1')).body.results[0];
  expect(listed).toMatchObject({ id, storage: outputs + first.keptDirectory.sizeBytes });
  // Of the cluster only that directory is left, and what its agent said.
  const directory = await clusterDirectory(id);
  await until(async () => (await readdir(directory)).join() === 'agent.log,runs', 'the end of the rest');

  await letGo(directory);
  expect(await resume(id)).toMatchObject({ status: 202, body: { runs: ['1'] } });
  expect(await run(id)).toMatchObject({
    outcome: null,
    isResumed: true,
    isUnfinished: true,
    outputFileCount: 4,
  });
  expect(await filesOf(id)).toHaveLength(4);
  const success = await ended(id, 'success');
  expect(success.failure).toBeNull();
  expect((await reach(platform, id, 'Completed')).at(-1)).toBe('Completed (Completed successfully)');
  expect(await run(id)).toMatchObject({
    ...{ outcome: 'success', attempt: 2, isUnfinished: false, keptDirectory: null, outputFileCount: 6 },
    previousAttempts: [{ outcome: 'failed', failure: { code: 'agent_lost' } }],
  });
  expect(await filesOf(id)).toMatchObject(
    ['process_output.log', ...[1, 2, 3, 4, 5].map((n) => `state-${n}`)].map((relativePath) => ({
      ...{ relativePath, isUnfinished: false },
    })),
  );
  expect(await readOutput(platform, id, 'state-5')).toBe(before);
  expect(await readOutput(platform, id, 'process_output.log')).toContain(': from 3\n');
  await until(async () => !existsSync(directory), 'the end of the directory');
  await until(async () => (await clusterOf(platform, id)).status === 'Stopped', 'the end of the cluster');
});

test('a job that loses its agent twice is resumed twice, in the same place', async () => {
  const id = await loseJob(platform, definition(SOLVER));
  const directory = await clusterDirectory(id);
  await rm(join(directory, 'runs/1/home/ready'));
  await resume(id);
  await untilPrinted(platform, id, 'from 3');
  await untilPrinted(platform, id, 'state 4');
  process.kill(await agentOf(platform, id), 'SIGKILL');
  await ended(id, 'failed');
  expect(await run(id)).toMatchObject({ attempt: 2, isUnfinished: true, isResumed: true });
  expect((await filesOf(id)).map(({ relativePath }) => relativePath)).toContain('state-4');
  const second = await clusterDirectory(id);
  expect(second).not.toBe(directory);
  await until(async () => !existsSync(second), 'the end of the second cluster');
  await letGo(directory);
  await resume(id);
  await ended(id, 'success');
  expect(await readOutput(platform, id, 'process_output.log')).toContain(': from 4\n');
  expect(await readOutput(platform, id, 'state-5')).toBe(`${join(directory, 'runs/1/home/work')}\n`);
  await until(async () => !existsSync(directory), 'the end of the directory');
});

describe('a policy', () => {
  test('resumes what was cut off by itself, as often as it says', async () => {
    const id = await submitJob(
      platform,
      definition(SOLVER, { retryPolicy: { agentLost: 'resume', maxRetries: 1 } }),
    );
    await untilPrinted(platform, id, 'ready');
    const directory = await clusterDirectory(id);
    process.kill(await agentOf(platform, id), 'SIGKILL');
    await until(async () => (await run(id)).attempt === 2, 'the second attempt');
    await untilPrinted(platform, id, 'from 3');
    expect(await filesOf(id)).toEqual([]);
    process.kill(await agentOf(platform, id), 'SIGKILL');
    await ended(id, 'failed');
    expect(await run(id)).toMatchObject({ attempt: 2, isUnfinished: true, failure: { code: 'agent_lost' } });
    expect((await filesOf(id)).map(({ relativePath }) => relativePath)).toContain('state-3');
    await letGo(directory);
    await resume(id);
    await ended(id, 'success');
  });

  test('executes it again from the beginning where it says so, and leaves nothing behind', async () => {
    const policy = { agentLost: 'retry', maxRetries: 1, exitCodes: [75] };
    const id = await submitJob(platform, definition(`${SOLVER}; ls`, { retryPolicy: policy }));
    await untilPrinted(platform, id, 'ready');
    const directory = await clusterDirectory(id);
    process.kill(await agentOf(platform, id), 'SIGKILL');
    await until(async () => (await run(id)).attempt === 2, 'the second attempt');
    await untilPrinted(platform, id, 'ready');
    await until(async () => !existsSync(directory), 'the end of the first directory');
    await letGo(await clusterDirectory(id));
    await ended(id, 'success');
    expect(await readOutput(platform, id, 'process_output.log')).not.toContain('from 3');
    expect(await run(id)).toMatchObject({ isResumed: false, keptDirectory: null });
  });

  test('lets it fail where it says so, whatever may be retried else', async () => {
    const policy = { agentLost: 'fail', maxRetries: 5 };
    const id = await loseJob(platform, definition(SOLVER, { retryPolicy: policy }));
    expect(await run(id)).toMatchObject({ attempt: 1, outcome: 'failed', isUnfinished: true });
  });
});

test('a run of a sweep that is cut off among others that have ended is resumed alone', async () => {
  const template = await uploadFile(platform, 'n.template', `\${N}\n`);
  const variable = { name: 'N', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'Values' };
  const id = await submitJob(
    platform,
    definition(
      `read n < n.txt; if [ $n = 2 ]; then ${SOLVER}\nelse echo $n > mine; fi`,
      { jobvariables: [{ ...variable, valueGeneratorSettings: { values: [1, 2, 3] } }] },
      {
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 2 },
        templateTasks: [{ templateFile: { id: template.id }, processedFilename: 'n.txt' }],
      },
    ),
  );
  await untilPrinted(platform, id, 'ready', 2);
  await until(async () => (await job(id)).progress.ended === 2, 'the end of the others');
  const directory = await clusterDirectory(id);
  process.kill(await agentOf(platform, id), 'SIGKILL');
  await ended(id, 'failed');
  const listed = Object.fromEntries(
    (await filesOf(id)).map(({ relativePath, isUnfinished }) => [relativePath, isUnfinished]),
  );
  expect(listed).toEqual({
    ...{ 'run1/mine': false, 'run3/mine': false },
    ...{ 'run1/process_output.log': false, 'run3/process_output.log': false },
    ...{ 'run2/state-1': true, 'run2/state-2': true, 'run2/state-3': true, 'run2/process_output.log': true },
  });
  await until(async () => (await readdir(join(directory, 'runs'))).join() === '2', 'the end of the others');
  await letGo(directory, 2);
  expect((await resume(id)).body).toEqual({ runs: ['2'] });
  expect(await ended(id, 'success')).toMatchObject({ progress: { runs: 3, ended: 3, failed: 0 } });
  expect(await filesOf(id)).toHaveLength(2 + 3 + 5);
  expect([(await run(id, 1)).attempt, (await run(id, 2)).attempt, (await run(id, 3)).attempt]).toEqual([
    1, 2, 1,
  ]);
});

test('what the platform is told of lost runs is refused in words where it cannot be', async () => {
  const good = await submitJob(platform, definition('true'));
  await ended(good, 'success');
  const none = await resume(good);
  expect(none).toMatchObject({ status: 409, body: { code: 'nothing_to_resume' } });
  expect(none.body.detail).toContain('none has been cut off');
  expect((await resume(good, { runs: ['1'] })).body.runs[0]).toMatch(/Run 1 was not cut off .* success/);

  const id = await loseJob(platform, definition(SOLVER));
  const directory = join(await clusterDirectory(id), 'runs/1');
  const path = `/api/v2/jobs/${id}/runs/1/directory/`;
  expect((await platform.call('DELETE', path)).status).toBe(204);
  await until(async () => !existsSync(directory), 'the end of the directory');
  expect((await platform.call('DELETE', path)).status).toBe(404);
  const gone = await resume(id, { runs: ['1'] });
  expect(gone.status).toBe(400);
  expect(gone.body.runs.join(' ')).toMatch(/directory of run 1 is not kept any more.*without "resume"/);
  expect((await resume(id)).body.detail).toContain('not kept any more');
  const { hint } = (await run(id)).failure;
  expect(hint).toMatch(
    /^What it had written .* outputs, marked as unfinished\. Execute it again .* runs rerun /,
  );
  expect(hint).not.toMatch(/resume|--live/);
  // Its outputs stay, and it can be executed from its beginning.
  expect(await filesOf(id)).toHaveLength(4);
  expect((await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, {})).status).toBe(202);
  await untilPrinted(platform, id, 'ready');
  expect(await run(id)).toMatchObject({ isUnfinished: false, isResumed: false });
  await letGo(await clusterDirectory(id));
  await ended(id, 'success');
});

test('a run that could not go on keeps what was collected of it, and can still be resumed', async () => {
  const id = await loseJob(platform, definition(SOLVER));
  const directory = await clusterDirectory(id);
  const work = join(directory, 'runs/1/home/work');
  const { sizeBytes } = (await run(id)).keptDirectory;
  expect(sizeBytes).toBeGreaterThan(0);
  await rename(work, `${work}.aside`);
  await resume(id);
  await until(async () => (await run(id)).failure?.code === 'directory_lost', 'the failure');
  const failed = await run(id);
  expect(failed).toMatchObject({ attempt: 2, isUnfinished: true, outputFileCount: 4 });
  // It is not said that it can be resumed, since just that has failed; but it can, when the directory is back.
  expect(failed.failure.hint).not.toContain('quarry runs resume');
  expect(failed.keptDirectory.sizeBytes).toBe(sizeBytes);
  expect(await filesOf(id)).toHaveLength(4);
  await until(async () => (await clusterOf(platform, id)).status === 'Stopped', 'the end of the cluster');
  await rename(`${work}.aside`, work);
  await letGo(directory);
  await resume(id);
  await ended(id, 'success');
  expect(await filesOf(id)).toHaveLength(6);
});

test('a job that is stopped while it waits to go on can still go on later', async () => {
  await using own = await startPlatform({ cores: 1 });
  const id = await loseJob(own, definition(SOLVER));
  const directory = join(own.dataDir, 'clusters', (await clusterOf(own, id)).id);
  const other = await submitJob(own, definition('echo ready; sleep 300'));
  await untilPrinted(own, other, 'ready');
  const call = (path: string, body: object) => own.call('POST', `/api/v2/jobs/${id}/${path}/`, body);
  expect((await call('runs/rerun', { resume: true })).status).toBe(202);
  const twice = await call('runs/rerun', { resume: true });
  expect(twice).toMatchObject({ status: 409, body: { code: 'nothing_to_resume' } });
  expect(twice.body.detail).toContain('Run 1 is being resumed already');
  await call('stop', {});
  await reach(own, id, 'Completed');
  const { body: stopped } = await own.call('GET', `/api/v2/jobs/${id}/runs/1/`);
  expect(stopped).toMatchObject({
    ...{ outcome: 'stopped', isUnfinished: true, outputFileCount: 4, keptDirectory: expect.any(Object) },
    failure: { code: 'stopped_by_user', hint: expect.stringContaining(`quarry runs resume ${id}.`) },
  });
  await own.call('POST', `/api/v2/jobs/${other}/stop/`);
  await reach(own, other, 'Completed');
  await letGo(directory);
  expect((await call('runs/rerun', { resume: true })).status).toBe(202);
  await until(
    async () => (await own.call('GET', `/api/v2/jobs/${id}/`)).body.outcome === 'success',
    'the success',
  );
});

test('a run that is executed again from its beginning gives its directory up, and so does a job that is deleted', async () => {
  const ids = [
    await loseJob(platform, definition(SOLVER)),
    await loseJob(platform, definition(SOLVER)),
  ] as const;
  const directories = [await clusterDirectory(ids[0]), await clusterDirectory(ids[1])] as const;
  await platform.call('POST', `/api/v2/jobs/${ids[0]}/runs/rerun/`, { runs: ['1'] });
  await untilPrinted(platform, ids[0], 'ready');
  await letGo(await clusterDirectory(ids[0]));
  await ended(ids[0], 'success');
  expect((await platform.call('DELETE', `/api/v2/jobs/${ids[1]}/`)).status).toBe(204);
  for (const directory of directories) {
    await until(async () => !existsSync(directory), 'the end of a directory');
  }
});

test('what lies in the directory of a run that was cut off can be listed and read', async () => {
  const id = await loseJob(platform, definition(SOLVER));
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/directory-contents/`);
  expect(body.map(({ path }: { path: string }) => path)).toEqual([
    ...['.rescalepid', 'process_output.log', 'state-1', 'state-2', 'state-3'],
  ]);
  expect(body[2]).toMatchObject({ sizeBytes: expect.any(Number) });
  const { lines } = (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/tail/state-1?lines=5`)).body;
  expect(lines).toHaveLength(1);
});

test('only who may execute the runs of a job again may resume them', async () => {
  const owner = await addUser(platform, 'owner@lab.example');
  const stranger = await addUser(platform, 'stranger@lab.example');
  const manager = await addUser(platform, 'manager@lab.example', { role: 'manager' });
  const { body: project } = await platform.call('POST', '/api/v2/projects/', { name: 'wings' });
  for (const [userId, role] of [
    [owner.id, undefined],
    [manager.id, 'manager'],
  ] as const) {
    await platform.call('POST', `/api/v2/projects/${project.id}/members/`, { userId, role });
  }
  const own = definition(`echo "$RESCALE_API_KEY" > key; ${SOLVER}`, { projectId: project.id });
  const id = await loseJob(platform, own, owner.key);
  const jobKey = (await readOutput(platform, id, 'key')).trim();
  expect((await resume(id, {}, stranger.key)).status).toBe(404);
  expect((await resume(id, {}, manager.key)).status).toBe(403);
  // The key of a job dies with it.
  expect((await resume(id, {}, jobKey)).status).toBe(401);
  const { key } = await makeApiKey(platform, { name: 'another' }, owner.key);
  await letGo(await clusterDirectory(id));
  expect((await resume(id, {}, key)).status).toBe(202);
  await ended(id, 'success');
});

test('a server that is killed with an agent collects what that has left when it starts again', async () => {
  await using own = await startPlatform({ cores: 2 });
  const id = await submitJob(own, definition(SOLVER));
  await untilPrinted(own, id, 'ready');
  const { id: clusterId } = await clusterOf(own, id);
  const agent = await agentOf(own, id);
  await own.kill();
  process.kill(agent, 'SIGKILL');
  await own.restart();
  await reach(own, id, 'Completed');
  expect((await own.call('GET', `/api/v2/jobs/${id}/`)).body.failure.code).toBe('agent_lost');
  expect(await readOutput(own, id, 'state-3')).toContain(clusterId);
  await until(async () => (await clusterOf(own, id)).status === 'Stopped', 'the end of the cluster');
  await own.stop();
  // What is kept outlives the tidying up of a start.
  await own.restart();
  const directory = join(own.dataDir, 'clusters', clusterId);
  await letGo(directory);
  expect((await own.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true })).status).toBe(202);
  await until(
    async () => (await own.call('GET', `/api/v2/jobs/${id}/`)).body.outcome === 'success',
    'success',
  );
  expect(await readOutput(own, id, 'process_output.log')).toContain(': from 3\n');
});

test('an agent that is told to end leaves a job that was not stopped by its user, and can be resumed', async () => {
  const saving = `trap 'pwd > saved; exit 9' TERM; [ ! -e saved ] || { cat saved; exit; }; echo ready; sleep 300 & wait`;
  const id = await submitJob(platform, definition(saving));
  await untilPrinted(platform, id, 'ready');
  process.kill(await agentOf(platform, id), 'SIGTERM');
  const stopped = await ended(id, 'stopped');
  expect(stopped.failure).toMatchObject({ code: 'cluster_stopped' });
  expect(stopped.failure.hint).toContain('quarry runs resume');
  expect((await reach(platform, id, 'Completed')).join()).not.toContain('Stopped by user');
  expect(await run(id)).toMatchObject({ outcome: 'stopped', exitCode: 9, isUnfinished: true });
  expect((await filesOf(id)).map(({ relativePath }) => relativePath)).toContain('saved');
  await resume(id);
  await ended(id, 'success');
});

test('what an agent that dies at once had not begun goes on by the same command as what was cut off before', async () => {
  const variable = { name: 'N', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'Values' };
  const id = await submitJob(
    platform,
    definition(`case $PWD in */runs/1/*) ${SOLVER}\nesac; echo mine > mine`, {
      jobvariables: [{ ...variable, valueGeneratorSettings: { values: [1, 2, 3] } }],
      retryPolicy: { agentLost: 'resume', maxRetries: 9 },
    }),
  );
  await untilPrinted(platform, id, 'ready');
  const directory = await clusterDirectory(id);
  process.kill(await agentOf(platform, id), 'SIGKILL');
  await until(async () => (await clusterDirectory(id)) !== directory, 'another cluster');
  while ((await job(id)).status !== 'Completed') {
    const lock = await readFile(join(await clusterDirectory(id), 'agent.lock'), 'utf8').catch(() => '');
    if (lock !== '') {
      killIfThere(JSON.parse(lock).pid);
    }
  }
  expect((await job(id)).failure).toMatchObject({
    ...{ code: 'agent_lost', hint: expect.stringContaining(`quarry runs resume ${id}`) },
  });
  expect(await run(id, 3)).toMatchObject({ dateStarted: null, outcome: 'failed', keptDirectory: null });
  await letGo(directory);
  expect((await resume(id)).body).toEqual({ runs: ['1', '2', '3'] });
  await ended(id, 'success');
  expect(await readOutput(platform, id, 'run1/process_output.log')).toContain(': from 3\n');
  expect(await run(id, 3)).toMatchObject({ attempt: 2, isResumed: false, outputFileCount: 2 });
});

test('an agent of a sweep that is told to end leaves what has not begun to another', async () => {
  const variable = { name: 'N', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'Values' };
  const id = await submitJob(
    platform,
    definition(
      '[ ! -e mine ] || { echo on; exit; }; echo a > mine; case $PWD in */runs/1/*) echo ready; sleep 300; esac',
      { jobvariables: [{ ...variable, valueGeneratorSettings: { values: [1, 2, 3] } }] },
      { hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1 } },
    ),
  );
  await untilPrinted(platform, id, 'ready');
  const first = await clusterOf(platform, id);
  process.kill(await agentOf(platform, id), 'SIGTERM');
  await reach(platform, id, 'Completed');
  expect((await job(id)).failure).toMatchObject({ code: 'cluster_stopped' });
  expect((await clusterOf(platform, id)).id).not.toBe(first.id);
  const outcomes = await Promise.all([1, 2, 3].map(async (number) => (await run(id, number)).outcome));
  expect(outcomes).toEqual(['stopped', 'success', 'success']);
  expect(await run(id)).toMatchObject({ isUnfinished: true, keptDirectory: expect.any(Object) });
  expect((await resume(id)).body).toEqual({ runs: ['1'] });
  await ended(id, 'success');
});

test('a run has its inputs in its directory: it is resumed though they have been deleted since', async () => {
  const file = await uploadFile(platform, 'mesh.txt', 'a mesh\n');
  const inputs = { inputFiles: [{ id: file.id }] };
  const id = await loseJob(platform, definition(`${SOLVER}; cat mesh.txt`, {}, inputs));
  expect((await platform.call('DELETE', `/api/v2/files/${file.id}/`)).status).toBe(204);
  const again = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { runs: ['1'] });
  expect(again.status).toBe(400);
  expect(JSON.stringify(again.body)).toContain('have been deleted: mesh.txt');
  await letGo(await clusterDirectory(id));
  expect((await resume(id)).status).toBe(202);
  await ended(id, 'success');
  expect(await readOutput(platform, id, 'process_output.log')).toContain(': a mesh\n');
});

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has died of the time before.
  }
}

test('kept directories are given up when their days are over, and none is kept where a site says so', async () => {
  await using own = await startPlatform({ cores: 2, config: 'lost_run_days = 0\n' });
  const id = await loseJob(own, definition(SOLVER));
  const { body } = await own.call('GET', `/api/v2/jobs/${id}/runs/1/`);
  expect(body).toMatchObject({ isUnfinished: true, keptDirectory: null, outputFileCount: 4 });
  expect(body.failure.hint).not.toContain('runs resume');
  const clusters = join(own.dataDir, 'clusters');
  await until(async () => (await readdir(clusters)).length === 0, 'the end of the directory');
  expect(await readFile(join(own.dataDir, 'quarry.toml'), 'utf8')).toContain('lost_run_days');
});
