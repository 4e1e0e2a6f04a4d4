/** Commands that do the same to many jobs or files, each by itself. */
import { expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../testing/small-platform.ts';

const running = { id: 'ghiJKL', code: 'job_running', detail: 'It is under way.', hint: 'Stop it first.' };
const absent = { id: 'AbSent', code: 'not_found', detail: 'There is no "AbSent".', hint: null };

test('jobs delete says what is refused, and ends as a request for that alone', async () => {
  const answer = { deleted: ['abcDEF'], tasks: [], unchanged: ['mnoPQR'], refused: [running, absent] };
  let sent: unknown;
  await using platform = await startSmallPlatform({
    'POST /api/v2/jobs/delete/': ({ body }) => {
      sent = JSON.parse(body);
      return { body: answer };
    },
  });
  const jobs = ['abcDEF', 'mnoPQR', 'ghiJKL', 'AbSent'];
  const { exitCode, stdout, stderr } = await runQuarry(['jobs', 'delete', ...jobs, '--inputs'], platform);
  expect(sent).toEqual({ jobs, deleteInputFiles: true });
  expect([exitCode, stdout]).toEqual([5, 'Job abcDEF is deleted.\nJob mnoPQR was deleted before.\n']);
  expect(stderr).toContain('Job ghiJKL: It is under way. Stop it first.');
  expect(stderr).toContain('Job AbSent: There is no "AbSent".');
  const json = await runQuarry(['jobs', 'delete', ...jobs, '--json'], platform);
  expect([json.exitCode, JSON.parse(json.stdout)]).toEqual([5, answer]);
});

test('jobs delete and files delete go one by one on platforms that have no such request', async () => {
  await using platform = await startSmallPlatform({
    'DELETE /api/v2/jobs/abcDEF/': () => ({ status: 204 }),
    'DELETE /api/v2/jobs/ghiJKL/': () => ({
      status: 400,
      body: { detail: 'It is under way.', code: 'job_running' },
    }),
    'DELETE /api/v2/files/fileAA/': () => ({ status: 204 }),
    'DELETE /api/v2/files/fileBB/': () => ({ status: 204 }),
  });
  const jobs = await runQuarry(['jobs', 'delete', 'ghiJKL', 'abcDEF'], platform);
  expect([jobs.exitCode, jobs.stdout]).toEqual([5, 'Job abcDEF is deleted.\n']);
  const files = await runQuarry(['files', 'delete', 'fileAA', 'fileBB', '--json'], platform);
  expect([files.exitCode, JSON.parse(files.stdout)]).toEqual([
    0,
    { deleted: ['fileAA', 'fileBB'], unchanged: [], refused: [] },
  ]);
});

test('jobs rerun tells of each job what is executed again', async () => {
  let sent: unknown;
  await using platform = await startSmallPlatform({
    'POST /api/v2/jobs/rerun/': ({ body }) => {
      sent = JSON.parse(body);
      return {
        status: 202,
        body: { rerun: [{ id: 'abcDEF', runs: 3 }], unchanged: ['mnoPQR'], refused: [absent] },
      };
    },
  });
  const { exitCode, stdout } = await runQuarry(['jobs', 'rerun', 'abcDEF', 'mnoPQR', 'AbSent'], platform);
  expect(sent).toEqual({ jobs: ['abcDEF', 'mnoPQR', 'AbSent'] });
  expect([exitCode, stdout]).toEqual([
    4,
    '3 runs of job abcDEF to be executed again.\nJob mnoPQR has no run to be executed again.\n',
  ]);
  await runQuarry(['jobs', 'rerun', 'abcDEF', '--resume'], platform);
  expect(sent).toEqual({ jobs: ['abcDEF'], resume: true });
});

test('jobs tag takes several jobs with commas between them', async () => {
  const sent: unknown[] = [];
  await using platform = await startSmallPlatform({
    'POST /api/v2/jobs/tags/': ({ body }) => {
      sent.push(JSON.parse(body));
      return { body: { changed: ['abcDEF'], unchanged: ['ghiJKL'], refused: [] } };
    },
  });
  const { exitCode, stdout } = await runQuarry(['jobs', 'tag', 'abcDEF,ghiJKL', 'a', 'b'], platform);
  await runQuarry(['jobs', 'tag', 'abcDEF,ghiJKL', 'a', '--remove'], platform);
  expect(sent).toEqual([
    { jobs: ['abcDEF', 'ghiJKL'], add: ['a', 'b'], remove: [] },
    { jobs: ['abcDEF', 'ghiJKL'], add: [], remove: ['a'] },
  ]);
  expect([exitCode, stdout]).toEqual([
    0,
    'The tags of job abcDEF are changed.\nThe tags of job ghiJKL were so before.\n',
  ]);
});
