import { expect, test } from 'vitest';
import { runQuarry } from '../testing/run-quarry.ts';
import { catalogue, page, startSmallPlatform } from '../testing/small-platform.ts';

const dateInserted = '2026-01-05T09:00:00.000000Z';
const jobs = [
  { id: 'newEst', name: 'wing', owner: 'ann@lab.example', dateInserted },
  { id: 'oldOne', name: 'wing', owner: 'ann@lab.example', dateInserted },
  { id: 'sphere', name: 'a sphere', owner: 'ann@lab.example', dateInserted },
  { id: 'tailJb', name: 'python', owner: 'ann@lab.example', dateInserted },
];
const routes = {
  'GET /api/v2/jobs/': ({ url }: { url: URL }) => {
    const search = url.searchParams.get('search') ?? '';
    const isNewest = url.searchParams.get('f') === '1' && url.searchParams.get('page_size') === '1';
    const found = jobs.filter(({ id, name }) => name.includes(search) || id === search);
    return { body: page(isNewest ? jobs.slice(0, 1) : found) };
  },
  ...Object.fromEntries(
    jobs.flatMap((job) => [
      [`GET /api/v2/jobs/${job.id}/`, () => ({ body: { ...job, jobanalyses: [] } })],
      [`GET /api/v2/jobs/${job.id}/statuses/`, () => ({ body: page([]) })],
      [`POST /api/v2/jobs/${job.id}/stop/`, () => ({ status: 202 })],
    ]),
  ),
};

const show = async (named: string) => {
  await using platform = await startSmallPlatform(routes);
  const ran = await runQuarry(['jobs', 'show', named, '--json=id'], platform);
  return { ...ran, requests: platform.requests };
};

test('a job may be named by its name, or as the last one', async () => {
  expect(JSON.parse((await show('python')).stdout)).toEqual({ id: 'tailJb' });
  expect(JSON.parse((await show('last')).stdout)).toEqual({ id: 'newEst' });
  await using platform = await startSmallPlatform(routes);
  const said = await runQuarry(['jobs', 'show', 'last'], platform);
  expect(said.stderr).toContain('The last job is newEst (wing).');
});

test('an id is asked for as it is, be it that of a word', async () => {
  const { stdout, requests } = await show('oldOne');
  expect([JSON.parse(stdout), requests[0]]).toEqual([{ id: 'oldOne' }, 'GET /api/v2/jobs/oldOne/']);
  expect(JSON.parse((await show('sphere')).stdout)).toEqual({ id: 'sphere' });
});

test('a name that several jobs have is refused with their ids, and one that none has by the platform', async () => {
  const several = await show('wing');
  expect(several).toMatchObject({ exitCode: 2, stdout: '' });
  expect(JSON.parse(several.stderr).error.message).toBe(
    'Several jobs are named "wing": newEst (of 2026-01-05 09:00), oldOne (of 2026-01-05 09:00).',
  );
  expect(await show('nobody')).toMatchObject({ exitCode: 4, stdout: '' });
  // A part of a name is none.
  expect(await show('pytho')).toMatchObject({ exitCode: 4, stdout: '' });
});

test('also where several jobs are named', async () => {
  await using platform = await startSmallPlatform(routes);
  const ran = await runQuarry(['jobs', 'stop', 'last', 'python', '--force', '--json'], platform);
  expect([ran.exitCode, JSON.parse(ran.stdout).unchanged]).toEqual([0, ['newEst', 'tailJb']]);
});

test('and where one is to start after another', async () => {
  const seen: string[] = [];
  await using platform = await startSmallPlatform({
    ...routes,
    ...catalogue,
    'POST /api/v2/jobs/preview/': ({ body }) => {
      seen.push(
        ...JSON.parse(body).definition.after.map(({ jobId, on }: Record<string, string>) => `${jobId}:${on}`),
      );
      return { status: 404 };
    },
  });
  const after = ['--after', 'python:any', '--after', 'last'];
  const ran = await runQuarry(['jobs', 'submit', '--dry-run', '--command', 'x', ...after], platform);
  expect([ran.exitCode, seen]).toEqual([0, ['tailJb:any', 'newEst:success']]);
});

test('there is no last job where there is none', async () => {
  await using platform = await startSmallPlatform({ 'GET /api/v2/jobs/': () => ({ body: page([]) }) });
  const ran = await runQuarry(['jobs', 'show', 'last'], platform);
  expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('You have no job yet')]);
});
