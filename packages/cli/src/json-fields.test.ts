import { describe, expect, test } from 'vitest';
import { runQuarry } from '../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../testing/small-platform.ts';
import { arrangeWords } from './arrange-words.ts';

const jobs = [
  { id: 'abcDEF', name: 'wing', owner: 'ann@lab.example', outcome: 'failed' },
  { id: 'ghiJKL', name: 'a "tail"', owner: 'bob@lab.example', outcome: null },
];
const routes = {
  'GET /api/v2/jobs/': () => ({ body: page(jobs) }),
  'GET /api/v2/jobs/abcDEF/': () => ({ body: jobs[0] }),
  'GET /api/v2/jobs/abcDEF/statuses/': () => ({ body: page([{ status: 'Completed' }]) }),
};

describe('the word behind --json', () => {
  test.each([
    ['jobs list --json id,name', 'jobs list --json --json-fields id,name'],
    ['--json id,name jobs list', '--json --json-fields id,name jobs list'],
    ['jobs show --json id abcDEF', 'jobs show --json --json-fields id abcDEF'],
    ['jobs show abcDEF --json id', 'jobs show abcDEF --json --json-fields id'],
    ['jobs list --limit 3 --json id', 'jobs list --limit 3 --json --json-fields id'],
    ['jobs stop --json=stopping abcDEF', 'jobs stop --json --json-fields stopping abcDEF'],
  ])('names fields in %s', async (given, meant) => {
    expect(await arrangeWords(given.split(' '))).toEqual(meant.split(' '));
  });

  test.each([
    'jobs show --json abcDEF',
    '--json jobs list',
    'jobs --json list',
    'jobs stop --json abcDEF ghiJKL',
    'jobs list --json --limit 3',
    'analyses --json miniconda',
    'jobs ssh --json abcDEF',
    'jobs ssh abcDEF -- ls --json x',
    '--json',
    'nothing --json x',
  ])('is what it was in %s', async (given) => {
    expect(await arrangeWords(given.split(' '))).toEqual(given.split(' '));
  });
});

test('fields are printed alone, of a list in each of its items', async () => {
  await using platform = await startSmallPlatform(routes);
  const listed = await runQuarry(['jobs', 'list', '--json', 'id,outcome'], platform);
  expect(listed).toEqual({
    exitCode: 0,
    stdout: '[{"id":"abcDEF","outcome":"failed"},{"id":"ghiJKL","outcome":null}]\n',
    stderr: '',
  });
  const shown = await runQuarry(['jobs', 'show', 'abcDEF', '--json', 'name,statuses'], platform);
  expect(JSON.parse(shown.stdout)).toEqual({ name: 'wing', statuses: [{ status: 'Completed' }] });
});

test('a field that there is not is null, and said with those that there are', async () => {
  await using platform = await startSmallPlatform(routes);
  const { exitCode, stdout, stderr } = await runQuarry(['jobs', 'list', '--json', 'id,nmae'], platform);
  expect([exitCode, JSON.parse(stdout)[0]]).toEqual([0, { id: 'abcDEF', nmae: null }]);
  expect(stderr).toBe('warning: There is no field nmae here; there is: id, name, owner, outcome.\n');
});

test('jq programs choose, and texts come without quotes', async () => {
  await using platform = await startSmallPlatform(routes);
  const run = async (...more: string[]) => (await runQuarry(['jobs', 'list', ...more], platform)).stdout;
  expect(await run('--jq', '.items[].name')).toBe('wing\na "tail"\n');
  expect(await run('--jq=.total')).toBe('2\n');
  expect(await run('--json', 'id,name', '--jq', '.[] | select(.name == "wing") | {id}')).toBe(
    '{"id":"abcDEF"}\n',
  );
  expect(await run('--jq', '.items[] | select(.id == "none")')).toBe('');
});

test('a jq program that is none is refused before anything is asked, in words', async () => {
  await using platform = await startSmallPlatform(routes);
  const wrong = await runQuarry(['jobs', 'list', '--jq', '.items['], platform);
  expect([wrong.exitCode, platform.requests]).toEqual([2, []]);
  expect(JSON.parse(wrong.stderr).error.message).toContain('--jq .items[: could not handle token');
  const bad = await runQuarry(['jobs', 'list', '--jq', '.items[].name | @csv'], platform);
  expect([bad.exitCode, bad.stdout]).toEqual([2, '']);
  const none = await runQuarry(['jobs', 'list', '--json=id,,name'], platform);
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('names no fields')]);
});
