/** What the SDK sends for tasks, and how it waits for one. */
import { TimeoutError } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const task = (status: string, done = 0) => ({
  ...{ id: 'TaSkId', kind: 'archive', status, ready: status === 'done', error: null },
  ...{ progress: { done, of: 10, unit: 'bytes' }, result: status === 'done' ? [{ fileId: 'AbCdEf' }] : [] },
});

test('tasks are begun, listed, looked at and cancelled', async () => {
  await using platform = await startDouble(({ url, method }, response) => {
    if (method === 'DELETE') {
      response.writeHead(204).end();
    } else if (url.includes('?')) {
      json(response, 200, { count: 1, next: null, previous: null, results: [task('running')] });
    } else {
      json(response, method === 'POST' ? 202 : 200, task('waiting'));
    }
  });
  const { tasks } = platform.client();
  expect(await tasks.archive('QkzTpb', { format: 'tar', run: 2 })).toEqual(task('waiting'));
  expect(await tasks.list({ status: 'running' }).all()).toEqual([task('running')]);
  expect(await tasks.get('TaSkId')).toEqual(task('waiting'));
  await tasks.results('QkzTpb', { format: 'parquet' });
  await tasks.copy('ScRaTc', ['AbCdEf'], { outputDir: 'in' });
  await tasks.cancel('TaSkId');
  expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /api/v2/jobs/QkzTpb/archive/task/',
    'GET /api/v2/tasks/?status=running',
    'GET /api/v2/tasks/TaSkId/',
    'POST /api/v2/jobs/QkzTpb/results/task/',
    'POST /api/v2/storage-devices/ScRaTc/file-downloads/task/',
    'DELETE /api/v2/tasks/TaSkId/',
  ]);
  expect(JSON.parse(platform.asked[4]!.body.toString())).toEqual({
    files: [{ id: 'AbCdEf' }],
    outputDir: 'in',
  });
  expect(JSON.parse(platform.asked[0]!.body.toString())).toEqual({ format: 'tar', run: 2 });
});

test('a wait ends with the task, tells how far it is, and goes on over an outage', async () => {
  const answers = [task('waiting'), task('running', 4), null, task('done', 10)];
  await using platform = await startDouble((_request, response) => {
    const answer = answers.shift();
    answer ? json(response, 200, answer) : json(response, 503, { detail: 'Starting.' });
  });
  const seen: number[] = [];
  const ended = await platform.client({ maxRetries: 0 }).tasks.wait('TaSkId', {
    onLook: ({ progress }) => seen.push(progress.done),
  });
  expect([ended.status, ended.result, seen]).toEqual(['done', [{ fileId: 'AbCdEf' }], [0, 4, 10]]);
});

test('the end of a task is told by the platform, and not asked for again and again', async () => {
  let looksLeft: number | null = null;
  let tell: ((id: string) => void) | null = null;
  await using platform = await startDouble(({ url }, response) => {
    if (url.startsWith('/api/v2/events/')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: 1\nevent: ready\ndata: {"id":"1"}\n\n');
      tell = (id) => {
        const event = { id: '2', subject: { type: 'task', id }, verb: 'done', job: null, detail: {} };
        response.write(`id: 2\nevent: done\ndata: ${JSON.stringify(event)}\n\n`);
      };
      return;
    }
    json(response, 200, task(looksLeft === null ? 'running' : 'done'));
    if (looksLeft !== null) {
      looksLeft -= 1;
    } else if (tell !== null) {
      looksLeft = 1;
      tell('OtHeRs');
      tell('TaSkId');
    }
  });
  const ended = await platform.client().tasks.wait('TaSkId');
  expect([ended.status, looksLeft]).toEqual(['done', 0]);
  const watch = platform.asked.find(({ url }) => url.startsWith('/api/v2/events/'))!;
  expect(decodeURIComponent(watch.url)).toContain('verb=done,failed,cancelled');
});

test('a wait that takes too long says that the task goes on, and a token is no task', async () => {
  await using platform = await startDouble(({ url }, response) =>
    json(response, 200, url.includes('a.b') ? { ready: true, result: [] } : task('running')),
  );
  const { tasks } = platform.client();
  const wait = tasks.wait('TaSkId', { timeoutMs: 1 });
  await expect(wait).rejects.toThrow(TimeoutError);
  await expect(wait).rejects.toThrow('it is running');
  await expect(tasks.get('a.b')).rejects.toThrow('token of a question');
});
