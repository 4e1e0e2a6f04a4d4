import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { openDesk } from './cli-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 2, config: 'requires_project = true\n' });
});
afterAll(() => platform[Symbol.asyncDispose]());

test('a new member is told that jobs need a project, comes into one, loses a key, and leaves', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  await using theirs = await openDesk(platform);
  const made = await desk.quarry('users', 'create', 'ann@lab.example');
  expect(made.stderr).toContain(
    'Jobs here must belong to a project, and ann@lab.example is in none: quarry projects members PROJECT --add ann@lab.example',
  );
  theirs.environment.RESCALE_API_KEY = /qry_\w+/.exec(made.stdout)![0];
  const lonely = await theirs.quarry('projects', 'list');
  expect(lonely).toMatchObject({ exitCode: 0, stdout: 'You are in no project.\n' });
  expect(lonely.stderr).toContain('Jobs here must belong to one: ask an administrator to add you');

  await desk.quarry('projects', 'create', 'Wings');
  const joined = await desk.quarry('projects', 'members', 'wings', '--add', 'Ann@lab.example', '--json');
  expect(JSON.parse(joined.stdout).members).toMatchObject([{ email: 'ann@lab.example', role: 'member' }]);
  const raised = await desk.quarry('projects', 'members', 'Wings', '--add', 'ann@lab.example', '--manager');
  expect(raised.stdout).toMatch(/ann@lab.example +manager/);
  expect((await theirs.quarry('projects', 'list', '--jq', '.[].name')).stdout).toBe('Wings\n');
  const submitted = await theirs.quarry(
    'jobs',
    'submit',
    '--command',
    'true',
    '--project',
    'Wings',
    '--wait',
  );
  expect(submitted.exitCode).toBe(0);

  const key = await desk.quarry('keys', 'create', 'another', '--user', 'ann@lab.example', '--json');
  theirs.environment.RESCALE_API_KEY = JSON.parse(key.stdout).key;
  expect((await theirs.quarry('whoami', '--json=user')).stdout).toBe('{"user":"ann@lab.example"}\n');
  const edited = await desk.quarry(
    'users',
    'edit',
    'ann@lab.example',
    '--name',
    'Ann Lee',
    '--max-job-hours',
    '5',
  );
  expect(edited.stdout).toBe('User ann@lab.example is Ann Lee, member, with jobs of at most 5 h.\n');
  const out = await desk.quarry('projects', 'members', 'Wings', '--remove', 'ann@lab.example');
  expect(out.stdout).toBe('Nobody belongs to Wings.\n');

  expect((await desk.quarry('users', 'deactivate', 'ann@lab.example', 'nobody@lab.example')).exitCode).toBe(
    4,
  );
  expect((await theirs.quarry('whoami')).exitCode).toBe(0);
  expect((await desk.quarry('users', 'deactivate', 'ann@lab.example')).stdout).toBe(
    'User ann@lab.example is locked out.\n',
  );
  expect((await theirs.quarry('whoami')).exitCode).toBe(3);
  expect((await desk.quarry('users', 'activate', 'ann@lab.example')).exitCode).toBe(0);
  expect((await theirs.quarry('whoami')).exitCode).toBe(0);
  expect((await desk.quarry('users', 'edit', 'ann@lab.example')).exitCode).toBe(2);
});
