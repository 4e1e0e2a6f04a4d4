import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../testing/small-platform.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-bulk-'));
});
afterAll(() => rm(folder, { recursive: true }));

const definition = (name: string, more: object = {}) => ({
  name,
  jobanalyses: [{ command: 'true', ...more }],
});

/** A platform that creates what it is asked for. */
async function startCreating() {
  const sent: unknown[] = [];
  const platform = await startSmallPlatform({
    'POST /api/v2/jobs/bulk/': ({ body }) => {
      const request = JSON.parse(body);
      sent.push(request);
      const jobs = request.jobs.map(({ name }: { name: string }) => ({
        id: `id${name}`,
        name,
        warnings: ['W.'],
      }));
      return { status: 201, body: { jobs } };
    },
  });
  return { sent, platform, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() };
}

const jobs = [definition('one'), definition('two')];

test.each([
  ['a JSON list', JSON.stringify(jobs, null, 2)],
  ['one definition on each line', `\ufeff${jobs.map((job) => JSON.stringify(job)).join('\r\n\n')}\n`],
])('%s is submitted in one request', async (_what, text) => {
  await using creating = await startCreating();
  const path = join(folder, 'jobs');
  await writeFile(path, text);
  const fromFile = await runQuarry(['jobs', 'submit', '--bulk', path], creating.platform);
  expect(fromFile.stdout).toBe('Job idone (one) is submitted.\nJob idtwo (two) is submitted.\n');
  expect(fromFile.stderr).toContain('warning: idone: W.\n');
  const options = { environment: creating.platform.environment, stdin: text };
  const fromStdin = await runQuarry(['jobs', 'submit', '--bulk', '-', '--json'], options);
  expect(JSON.parse(fromStdin.stdout)).toMatchObject({
    submitted: true,
    jobs: [{ id: 'idone' }, { id: 'idtwo' }],
  });
  expect(creating.sent).toEqual([
    { jobs, submit: true },
    { jobs, submit: true },
  ]);
});

test('a dry run sends nothing', async () => {
  await using creating = await startCreating();
  const options = { environment: creating.platform.environment, stdin: JSON.stringify(jobs) };
  const { stdout } = await runQuarry(['jobs', 'submit', '--bulk', '-', '--dry-run'], options);
  expect(stdout).toBe('2 jobs would be submitted. Nothing was sent.\n');
  expect(creating.platform.requests).toEqual([]);
});

test.each([
  ['', [], 'standard input defines no jobs.'],
  ['[]', [], 'standard input defines no jobs.'],
  ['{"name":"a"}\n{', [], 'standard input:2 is not JSON'],
  ['[1]', [], 'Job 1 of standard input is not a JSON object.'],
  [
    JSON.stringify([definition('a', { inputFiles: [{ path: 'mesh.inp' }] })]),
    [],
    'names a local file (mesh.inp)',
  ],
  ['[]', ['--wait'], 'no other option describes them'],
  ['[]', ['--command', 'x'], 'no other option describes them'],
  ['[]', ['run.sh'], 'no other option describes them'],
])('%j %j is refused with exit code 2', async (stdin, argv, words) => {
  await using creating = await startCreating();
  const options = { environment: creating.platform.environment, stdin };
  const { exitCode, stderr } = await runQuarry(['jobs', 'submit', '--bulk', '-', ...argv], options);
  expect(stderr).toContain(words);
  expect(exitCode).toBe(2);
  expect(creating.sent).toEqual([]);
});
