import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../../testing/small-platform.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);
const wings = examples.getProject.response;

test('projects list says what somebody is in each, and asks for closed ones when told to', async () => {
  const queries: string[] = [];
  await using platform = await startSmallPlatform({
    'GET /api/v2/users/me/projects/': ({ url }) => {
      queries.push(url.search);
      return { body: examples.listMyProjects.response };
    },
  });
  const { stdout } = await runQuarry(['projects', 'list'], platform);
  expect(stdout).toBe(
    [
      'ID      NAME             YOU     DEFAULT  BUDGET LEFT',
      'MnOpQr  Default project          yes',
      'StUvWx  Wing flutter     member',
      '',
    ].join('\n'),
  );
  const closed = await runQuarry(['projects', 'list', '--closed', '--json'], platform);
  expect(JSON.parse(closed.stdout)).toEqual(examples.listMyProjects.response.results);
  expect(queries).toEqual(['?page_size=200', '?page_size=200&closed=true']);
});

test('projects list does without what other platforms do not tell', async () => {
  const theirs = { id: 'StUvWx', name: 'Wing flutter' };
  await using platform = await startSmallPlatform({
    'GET /api/v2/users/me/projects/': () => ({
      body: { count: 1, next: null, previous: null, results: [theirs] },
    }),
  });
  const { stdout, exitCode } = await runQuarry(['projects', 'list'], platform);
  expect([exitCode, stdout]).toEqual([
    0,
    'ID      NAME          YOU  DEFAULT  BUDGET LEFT\nStUvWx  Wing flutter\n',
  ]);
});

test('projects show says what it is about and who belongs to it', async () => {
  await using platform = await startSmallPlatform({
    'GET /api/v2/projects/StUvWx/': () => ({ body: { ...wings, isActive: false } }),
  });
  const { stdout } = await runQuarry(['projects', 'show', 'StUvWx'], platform);
  expect(stdout).toBe(
    [
      'Name   Wing flutter',
      'About  Flutter of wings, 2026',
      'State  closed: new jobs cannot belong to it',
      'Added  2026-01-05T09:00:00.516054Z',
      '',
      'MEMBER           ROLE',
      'ann@lab.example  member',
      'bea@lab.example  manager',
      '',
    ].join('\n'),
  );
  const json = await runQuarry(['projects', 'show', 'StUvWx', '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual({ ...wings, isActive: false });
});
