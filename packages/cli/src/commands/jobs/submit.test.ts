import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../../testing/small-platform.ts';

test.each([
  ['--command', ['--command', 'true']],
  ['--core-type', ['--core-type', 'quartz']],
  ['--input', ['--input', '/etc/hostname']],
  ['--low-priority', ['--low-priority']],
  ['--cheapest', ['--cheapest']],
  ['--after', ['--after', 'ghiJKL']],
  ['--definition', ['--definition', 'job.json']],
  ['--dry-run', ['--dry-run']],
  ['a script', ['run.sh']],
])('%s is refused beside --saved, which names a job that is described already', async (name, options) => {
  await using platform = await startSmallPlatform({});
  const { stderr, exitCode } = await runQuarry(['jobs', 'submit', '--saved', 'abcDEF', ...options], platform);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`${name} describes a new job`);
  expect(platform.requests).toEqual([]);
});
