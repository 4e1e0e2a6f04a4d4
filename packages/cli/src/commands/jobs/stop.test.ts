import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../../testing/small-platform.ts';

test('jobs stop --force and --discard stop one by one, and say what did not run', async () => {
  const asked: string[] = [];
  const note = ({ url }: { url: URL }) => {
    asked.push(url.pathname + url.search);
    return { status: 202 };
  };
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/abcDEF/statuses/': () => ({ body: page([{ status: 'Executing' }]) }),
    'GET /api/v2/jobs/ghiJKL/statuses/': () => ({ body: page([{ status: 'Completed' }]) }),
    'POST /api/v2/jobs/abcDEF/stop/': note,
    'POST /api/v2/jobs/ghiJKL/stop/': note,
    'POST /api/v2/jobs/abcDEF/shutdown/': note,
  });
  const forced = await runQuarry(['jobs', 'stop', 'abcDEF', 'ghiJKL', '--force', '--json'], platform);
  expect(JSON.parse(forced.stdout)).toEqual({
    stopping: ['abcDEF'],
    unchanged: ['ghiJKL'],
    reasons: { ghiJKL: 'ended' },
  });
  const discarded = await runQuarry(['jobs', 'stop', 'abcDEF', '--discard'], platform);
  expect(discarded.stdout).toBe('Job abcDEF is shut down.\n');
  expect(asked).toEqual([
    '/api/v2/jobs/abcDEF/stop/?force=true',
    '/api/v2/jobs/ghiJKL/stop/?force=true',
    '/api/v2/jobs/abcDEF/shutdown/',
  ]);
  const both = await runQuarry(['jobs', 'stop', 'abcDEF', '--discard', '--force'], platform);
  expect([both.exitCode, asked.length]).toEqual([2, 3]);
});

test('jobs stop says why it changed nothing, also on platforms that take one job at a time and do not tell', async () => {
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/abcDEF/statuses/': () => ({ body: page([{ status: 'Executing' }]) }),
    'GET /api/v2/jobs/ghiJKL/statuses/': () => ({ body: page([{ status: 'Completed' }]) }),
    'GET /api/v2/jobs/mnoPQR/statuses/': () => ({ body: page([]) }),
    'POST /api/v2/jobs/abcDEF/stop/': () => ({ status: 202 }),
    'POST /api/v2/jobs/ghiJKL/stop/': () => ({ status: 202 }),
    'POST /api/v2/jobs/mnoPQR/stop/': () => ({ status: 202 }),
  });
  const { stdout } = await runQuarry(['jobs', 'stop', 'abcDEF', 'ghiJKL', 'mnoPQR'], platform);
  expect(stdout).toBe(
    'Job abcDEF is asked to stop.\n' +
      'Job ghiJKL was not running: it had ended already.\n' +
      'Job mnoPQR was not running: it was never submitted.\n',
  );
});
