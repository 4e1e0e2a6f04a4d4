import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../../testing/small-platform.ts';

const task = (status: string, more: object = {}) => ({
  ...{ id: 'TaSkId', kind: 'archive', status, owner: 'ann@lab.example', error: null, result: [] },
  subject: { type: 'job', id: 'abcDEF' },
  progress: { done: 1_048_576, of: 4_194_304, unit: 'bytes' },
  ready: ['done', 'failed', 'cancelled'].includes(status),
  ...{ dateInserted: '2026-01-05T09:00:00.000000Z', dateStarted: null, dateEnded: null, dateExpires: null },
  ...more,
});
const done = task('done', { result: [{ fileId: 'fiLeID', name: 'job_abcDEF.zip', sizeBytes: 4_194_400 }] });
const failed = task('failed', {
  error: { code: 'storage_full', message: 'There is no space left.', hint: 'Delete files.' },
});

test('tasks list and tasks show tell how far they are, and cancel ends them', async () => {
  await using platform = await startSmallPlatform({
    'GET /api/v2/tasks/': () => ({ body: page([task('running')]) }),
    'GET /api/v2/tasks/TaSkId/': () => ({ body: failed }),
    'DELETE /api/v2/tasks/TaSkId/': () => ({ status: 204 }),
  });
  const list = await runQuarry(['tasks', 'list', '--status', 'running'], platform);
  expect(list.stdout).toMatch(/TaSkId +archive +job abcDEF +running +1.0 MiB of 4.0 MiB/);
  const json = await runQuarry(['tasks', 'list', '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual({ items: [task('running')], total: 1 });
  const show = await runQuarry(['tasks', 'show', 'TaSkId'], platform);
  expect(show.stdout).toMatch(/Status +failed\n[\s\S]*Why +There is no space left.\n +Delete files.\n/);
  expect((await runQuarry(['tasks', 'cancel', 'TaSkId'], platform)).stdout).toMatch(
    /^Task TaSkId is cancelled/,
  );
});

test('tasks wait ends with the task: 0 when it is done, 5 when it has failed', async () => {
  const answers = [task('waiting'), task('running'), done, failed];
  await using platform = await startSmallPlatform({
    'GET /api/v2/tasks/TaSkId/': () => ({ body: answers.shift() }),
  });
  const ended = await runQuarry(['tasks', 'wait', 'TaSkId'], platform);
  expect(ended).toMatchObject({
    exitCode: 0,
    stdout: 'job_abcDEF.zip (fiLeID), 4.0 MiB, is among your files.\n',
  });
  const broken = await runQuarry(['tasks', 'wait', 'TaSkId', '--json'], platform);
  expect([broken.exitCode, JSON.parse(broken.stdout).error.code]).toEqual([5, 'storage_full']);
});

test('an archive that stays at the platform is a task, which is waited for unless told otherwise', async () => {
  const sent: unknown[] = [];
  await using platform = await startSmallPlatform({
    'POST /api/v2/jobs/abcDEF/archive/task/': ({ body }) => {
      sent.push(JSON.parse(body));
      return { status: 202, body: task('waiting') };
    },
    'GET /api/v2/tasks/TaSkId/': () => ({ body: done }),
  });
  const stored = ['jobs', 'archive', 'abcDEF', '--stored'];
  expect((await runQuarry(stored, platform)).stdout).toContain('job_abcDEF.zip (fiLeID)');
  const begun = await runQuarry([...stored, '--no-wait', '--format', 'tar', '--run', '2'], platform);
  expect(begun.stdout).toBe('Task TaSkId (archive) is waiting.\n');
  expect(sent).toEqual([{}, { format: 'tar', run: 2 }]);
  expect((await runQuarry([...stored, '--output', 'x.zip'], platform)).exitCode).toBe(2);
  expect((await runQuarry(['jobs', 'archive', 'abcDEF', '--no-wait'], platform)).exitCode).toBe(2);
});

test('a table and a copy are begun as tasks, too', async () => {
  const sent: unknown[] = [];
  const begun = ({ body }: { body: string }) => {
    sent.push(JSON.parse(body));
    return { status: 202, body: task('waiting') };
  };
  await using platform = await startSmallPlatform({
    'POST /api/v2/jobs/abcDEF/results/task/': begun,
    'POST /api/v2/storage-devices/deVICE/file-downloads/task/': begun,
    'GET /api/v2/tasks/TaSkId/': () => ({ body: failed }),
  });
  const table = ['runs', 'table', 'abcDEF', '--stored', 'parquet'];
  expect(await runQuarry(table, platform)).toMatchObject({
    exitCode: 5,
    stdout: 'Task TaSkId (archive) has failed: There is no space left.\n',
    stderr: expect.stringContaining('Delete files.'),
  });
  const copy = await runQuarry(['storage', 'cp', 'deVICE:in', 'fiLeID', '--no-wait'], platform);
  expect(copy.stdout).toContain('is waiting');
  expect(sent).toEqual([{ format: 'parquet' }, { files: [{ id: 'fiLeID' }], outputDir: 'in' }]);
  expect((await runQuarry([...table, '--csv'], platform)).exitCode).toBe(2);
});
