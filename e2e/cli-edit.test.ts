import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { type Desk, openDesk, until } from './cli-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 2 });
});
afterAll(() => platform[Symbol.asyncDispose]());

async function saveJob(desk: Desk, name: string): Promise<string> {
  await writeFile(join(desk.folder, 'mesh.inp'), 'nodes 3\n');
  const file = JSON.parse((await desk.quarry('files', 'upload', 'mesh.inp', '--json')).stdout).items[0];
  const hardware = { coreType: 'quartz', coresPerSlot: 1, walltime: 1 };
  const tile = {
    analysis: { code: 'user_included' },
    command: 'cat mesh.inp "$WHO"',
    hardware,
    inputFiles: [file],
  };
  const { body } = await platform.call('POST', '/api/v2/jobs/', { name, tags: ['a'], jobanalyses: [tile] });
  return body.id;
}
const jobOf = async (id: string) => (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;

test('a saved job is changed by the options of submit, and what was changed is said', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  const id = await saveJob(desk, 'wing study');
  await writeFile(join(desk.folder, 'mesh.inp'), 'nodes 4\n');
  const argv = ['--walltime', '90m', '--env', 'WHO=x', '--tag', 'b', '--input', 'mesh.inp'];
  const { exitCode, stdout, stderr } = await desk.quarry('jobs', 'edit', 'wing study', ...argv, '--quiet');
  expect(stderr).toBe('');
  expect([exitCode, stdout.split('\n').map((line) => line.split(':')[0])]).toEqual([
    0,
    [`Job ${id} (wing study) is changed`, '  tags', '  walltime', '  input.mesh.inp', '  env.WHO', ''],
  ]);
  expect(stdout).toContain('  walltime: 1 -> 1.5\n');
  const job = await jobOf(id);
  const { hardware, inputFiles, envVars } = job.jobanalyses[0];
  expect([
    hardware.walltime,
    hardware.coresPerSlot,
    envVars,
    job.userTags.map(({ name }: { name: string }) => name),
  ]).toEqual([1.5, 1, { WHO: 'x' }, ['a', 'b']]);
  expect(inputFiles.map(({ name }: { name: string }) => name)).toEqual(['mesh.inp']);
  const bytes = await platform.call('GET', `/api/v2/files/${inputFiles[0].id}/lines/`);
  expect(bytes.body.lines).toEqual(['nodes 4\n']);
  const again = await desk.quarry('jobs', 'edit', id, '--walltime', '1.5', '--json');
  expect(JSON.parse(again.stdout)).toEqual({ id, name: 'wing study', changed: [] });
  const wrong = await desk.quarry('jobs', 'edit', id, '--cores', '9999', '--input', 'mesh.inp');
  expect([wrong.exitCode, (await jobOf(id)).jobanalyses]).toEqual([5, job.jobanalyses]);
});

test('a copy differs in what its options say, and a comparison tells in what and how both went', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  const id = await saveJob(desk, 'good');
  const copied = await desk.quarry(
    ...['jobs', 'clone', id, '--command', 'exit 3', '--name', 'bad', '--wait', '--json'],
  );
  const copy = JSON.parse(copied.stdout);
  expect([copied.exitCode, copy.ended.outcome, copy.submitted]).toEqual([8, 'failed', true]);
  expect((await desk.quarry('jobs', 'submit', '--saved', id, '--wait')).exitCode).toBe(8);
  const compared = await desk.quarry('compare', id, 'last', '--json');
  const { jobs, differences } = JSON.parse(compared.stdout);
  const found = Object.fromEntries(
    differences.map(({ field, values }: { field: string; values: unknown[] }) => [field, values]),
  );
  expect(jobs).toEqual([id, copy.id]);
  expect(found.command).toEqual(['cat mesh.inp "$WHO"', 'exit 3']);
  expect(Object.keys(found)).not.toContain('input.mesh.inp');
  expect(Object.keys(found)).not.toContain('outcome');
  const submitted = await desk.quarry('jobs', 'edit', id, '--walltime', '3');
  expect([submitted.exitCode, submitted.stderr]).toEqual([
    2,
    expect.stringContaining('is submitted already: --walltime cannot change any more'),
  ]);
  expect((await desk.quarry('jobs', 'edit', id, '--name', 'other', '--description', 'x')).exitCode).toBe(0);
  expect(await jobOf(id)).toMatchObject({ name: 'other', description: 'x' });
});

test('a copy that cannot be as its options say is not left behind', { timeout: 60_000 }, async () => {
  await using desk = await openDesk(platform);
  const id = await saveJob(desk, 'alone');
  const count = async () => (await platform.call('GET', '/api/v2/jobs/')).body.count;
  const before = await count();
  const { exitCode, stderr } = await desk.quarry('jobs', 'clone', id, '--core-type', 'unobtainium');
  expect([exitCode, stderr]).toEqual([5, expect.stringContaining('unobtainium')]);
  expect(await count()).toBe(before);
});

test('a sweep that is followed tells of its first failure when it happens', { timeout: 60_000 }, async () => {
  await using desk = await openDesk(platform);
  // The second run ends only when the failure of the first one has been told.
  const command = 'test "$x" = 1 && exit 3; while ! test -e ~/storage_x; do sleep 0.1; done';
  const follower = desk.start('sweep', '--param', 'x=1,2', '--slots', '2', command);
  await until(() => follower.stderr().includes('Run 1 failed: '), 'the failure is told');
  expect(follower.stderr()).toContain('exit code 3');
  const [, id = ''] = /quarry runs show (\w+) 1/.exec(follower.stderr()) ?? [];
  await desk.quarry('jobs', 'stop', id, '--force');
  expect((await follower.ended).stderr.match(/Run \d failed: /g)).toHaveLength(1);
});
