import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, reach, runJob, saveJob, submitJob, until, untilPrinted } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown) =>
  platform.call(method, `/api/v2/jobs/${path}`, body);
const get = async (path: string) => (await call('GET', path)).body;
const outputsOf = async (id: string) =>
  ((await get(`${id}/files/?page_size=100`)).results as Array<{ relativePath: string }>)
    .map(({ relativePath }) => relativePath)
    .sort();

/** Writes an output, and another one when it is asked to leave. */
const POLITE = `trap 'echo bye > bye.txt; exit 0' TERM; echo half > half.txt; echo ready; while :; do sleep 0.05; done`;

async function startPolite(change: object = {}): Promise<string> {
  const id = await submitJob(platform, definition(POLITE, change));
  await untilPrinted(platform, id, 'ready');
  return id;
}

async function endOf(id: string) {
  const history = await reach(platform, id, 'Completed');
  const job = await get(`${id}/`);
  const run = await get(`${id}/runs/1/`);
  return { history, job, run, outputs: await outputsOf(id) };
}

describe('a job that executes', () => {
  test('has time to leave when it is stopped, and all that it wrote is kept', async () => {
    const id = await startPolite();
    expect((await call('POST', `${id}/stop/`)).status).toBe(202);
    const { outputs, job, history } = await endOf(id);
    expect(outputs).toEqual(['bye.txt', 'half.txt', 'process_output.log']);
    expect([job.outcome, history.at(-2)]).toEqual(['stopped', 'Stopping (Stopped by user)']);
  });

  test('has none when that is forced, and what it wrote is kept', async () => {
    const id = await startPolite();
    expect((await call('POST', `${id}/stop/?force=true`)).status).toBe(202);
    const { outputs, job, history } = await endOf(id);
    expect(outputs).toEqual(['half.txt', 'process_output.log']);
    expect([job.outcome, history.at(-2)]).toEqual(['stopped', 'Force Stop (Stopped by user)']);
  });

  test.each(['v2', 'v3'])('is shut down in %s without its outputs, but for the log', async (version) => {
    const id = await startPolite();
    const { status, body } = await platform.call('POST', `/api/${version}/jobs/${id}/shutdown/`);
    expect([status, body]).toEqual([202, undefined]);
    const { outputs, job, run, history } = await endOf(id);
    expect(outputs).toEqual(['process_output.log']);
    expect(job).toMatchObject({
      outcome: 'stopped',
      failure: { code: 'stopped_by_user', message: expect.stringContaining('was not kept') },
    });
    expect(job.warnings).toBeUndefined();
    expect(run).toMatchObject({
      outcome: 'stopped',
      failure: { message: expect.stringContaining('was not kept') },
      outputFileCount: 1,
    });
    expect(history.slice(-2)).toEqual(['Force Stop (Stopped by user)', 'Completed (Stopped by user)']);
    const { body: events } = await platform.call('GET', `/api/v2/events-log/?subject=job:${id}&verb=stopped`);
    expect(events.results).toMatchObject([{ detail: { kind: 'discard' } }]);
  });

  test('can be shut down after it was asked to stop, while it does not leave', async () => {
    const stubborn = `trap 'echo no' TERM; echo half > half.txt; echo ready; while :; do sleep 0.05; done`;
    const id = await submitJob(platform, definition(stubborn));
    await untilPrinted(platform, id, 'ready');
    await call('POST', `${id}/stop/`);
    await untilPrinted(platform, id, 'no');
    await call('POST', `${id}/shutdown/`);
    await call('POST', `${id}/stop/`);
    const { outputs, job, history } = await endOf(id);
    expect(outputs).toEqual(['process_output.log']);
    expect(job.failure.message).toContain('was not kept');
    expect(history.slice(-3)).toEqual([
      'Stopping (Stopped by user)',
      'Force Stop (Stopped by user)',
      'Completed (Stopped by user)',
    ]);
  });

  test('can be shut down after it was stopped by force, while its outputs are collected', async () => {
    // Bytes that take no space, and take their time to be hashed.
    const id = await submitJob(platform, definition(`truncate -s 500G huge; ${POLITE}`));
    await untilPrinted(platform, id, 'ready');
    await call('POST', `${id}/stop/?force=1`);
    await until(async () => (await get(`${id}/runs/1/`)).collecting !== null, 'the collection');
    await call('POST', `${id}/shutdown/`);
    const { outputs, job } = await endOf(id);
    expect(outputs).toEqual(['process_output.log']);
    expect(job.failure.message).toContain('was not kept');
  });

  test('keeps the outputs of runs that had ended before it was shut down', async () => {
    const variable = {
      ...{ name: 'x', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'Values' },
      valueGeneratorSettings: { values: ['0', '300'] },
    };
    const template = { processedFilename: 'run.sh', templateFile: { id: await uploadTemplate() } };
    const body = definition('bash run.sh', { jobvariables: [variable] }, { templateTasks: [template] });
    const id = await submitJob(platform, body);
    await until(async () => (await get(`${id}/runs/1/`)).outcome === 'success', 'the first run');
    await untilPrinted(platform, id, 'ready 300', 2);
    await call('POST', `${id}/shutdown/`);
    await reach(platform, id, 'Completed');
    const outputs = await outputsOf(id);
    expect(outputs).toContain('run1/out.txt');
    expect(outputs).toContain('run2/process_output.log');
    expect(outputs).not.toContain('run2/out.txt');
  });

  test('stays shut down over a crash of the server', async () => {
    const id = await startPolite();
    const shutdown = call('POST', `${id}/shutdown/`);
    expect((await shutdown).status).toBe(202);
    await platform.kill();
    await platform.restart();
    expect((await endOf(id)).outputs).toEqual(['process_output.log']);
  });
});

test('what does not run is left as it is by each of them, with 202', async () => {
  const saved = await saveJob(platform);
  const { id: ended } = await runJob(platform, definition('echo kept > kept.txt'));
  for (const id of [saved, ended]) {
    const before = await get(`${id}/statuses/`);
    for (const how of ['stop/', 'stop/?force=1', 'shutdown/']) {
      expect((await call('POST', `${id}/${how}`, { any: 'body' })).status).toBe(202);
    }
    expect(await get(`${id}/statuses/`)).toEqual(before);
  }
  expect(await outputsOf(ended)).toEqual(['kept.txt', 'process_output.log']);
});

async function uploadTemplate(): Promise<string> {
  const form = new FormData();
  form.set('type_id', '2');
  form.set('file', new Blob([`echo \${x} > out.txt; echo ready \${x}; sleep \${x}\n`]), 'run.tmpl');
  const response = await fetch(new URL('/api/v2/files/contents/', platform.url), {
    method: 'POST',
    headers: { authorization: `Token ${platform.apiKey}` },
    body: form,
  });
  return ((await response.json()) as { id: string }).id;
}
