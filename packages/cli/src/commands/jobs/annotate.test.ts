/** What people note on jobs: tags and fields. */
import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../../testing/small-platform.ts';

test('jobs tag gives a job tags, takes them from it, and prints what it has then', async () => {
  const tags = new Set(['old']);
  const show = (name: string) => ({ name, normalizedName: name.toLowerCase() });
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/abcDEF/tags/': () => ({ body: [...tags].map(show) }),
    'POST /api/v2/jobs/abcDEF/tags/': ({ body }) => {
      const { name } = JSON.parse(body);
      tags.add(name);
      return { status: 201, body: show(name) };
    },
    'DELETE /api/v2/jobs/abcDEF/tags/': ({ url }) => {
      tags.delete(url.searchParams.get('name')!);
      return { status: 204 };
    },
  });
  const added = await runQuarry(['jobs', 'tag', 'abcDEF', 'Study:a', 'b c'], platform);
  expect([added.exitCode, added.stdout]).toEqual([0, 'Tags of job abcDEF: old, Study:a, b c\n']);
  const removed = await runQuarry(['jobs', 'tag', 'abcDEF', 'old', 'b c', '--remove', '--json'], platform);
  expect(JSON.parse(removed.stdout)).toEqual({ job: 'abcDEF', tags: ['Study:a'] });
  const none = await runQuarry(['jobs', 'tag', 'abcDEF', 'Study:a', '--remove'], platform);
  expect(none.stdout).toBe('Job abcDEF has no tags.\n');
});

test('jobs list --tag asks for the jobs that have it', async () => {
  const asked: (string | null)[] = [];
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/': ({ url }) => {
      asked.push(url.searchParams.get('tag'));
      return { body: page([]) };
    },
  });
  expect((await runQuarry(['jobs', 'list', '--tag', 'Study:a'], platform)).exitCode).toBe(0);
  await runQuarry(['jobs', 'list'], platform);
  expect(asked).toEqual(['Study:a', null]);
});

test('jobs field sets JSON or text, takes fields away, and shows what there is', async () => {
  const fields = new Map<string, unknown>([['old', 1]]);
  const show = () =>
    Object.fromEntries([...fields].map(([name, value]) => [name, { meta: { name }, value }]));
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/abcDEF/custom-fields/': () => ({ body: show() }),
    'POST /api/v2/jobs/abcDEF/custom-fields/': ({ body }) => {
      for (const [name, value] of Object.entries(JSON.parse(body))) {
        if (value === null) {
          fields.delete(name);
        } else {
          fields.set(name, value);
        }
      }
      return { body: show() };
    },
  });
  const set = await runQuarry(
    ['jobs', 'field', 'abcDEF', 'mass=12.5', 'case=front=a', 'list=[1,2]', '--remove', 'old', '--json'],
    platform,
  );
  expect(JSON.parse(set.stdout)).toEqual({
    job: 'abcDEF',
    fields: { mass: 12.5, case: 'front=a', list: [1, 2] },
  });
  const shown = await runQuarry(['jobs', 'field', 'abcDEF'], platform);
  expect(shown.stdout).toBe('mass  12.5\ncase  front=a\nlist  [1,2]\n');
  for (const [wrong, words] of [
    [['mass'], 'NAME=VALUE'],
    [['=5'], 'NAME=VALUE'],
    [['a=1', 'a=2'], 'there twice'],
    [['a=1', '--remove', 'a'], 'there twice'],
  ] as const) {
    const { exitCode, stderr } = await runQuarry(['jobs', 'field', 'abcDEF', ...wrong], platform);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)]);
  }
  expect([...fields.keys()]).toEqual(['mass', 'case', 'list']);
});
