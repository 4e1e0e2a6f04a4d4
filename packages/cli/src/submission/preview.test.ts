import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { catalogue, startSmallPlatform } from '../../testing/small-platform.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-preview-'));
});
afterAll(() => rm(folder, { recursive: true }));

const PREVIEW = 'POST /api/v2/jobs/preview/';
const cost = (amount: string, hours: number) => ({
  amount,
  currency: 'EUR',
  formula: `1 core x 1 slot x ${hours} h x 0.07 EUR per core hour`,
});
const found = {
  warnings: ['folderId has no effect on this platform.'],
  estimate: { most: cost('0.14', 2), perHour: cost('0.07', 1), hours: 2, isLongest: false },
  runs: { count: 3, factors: [], withNominal: false },
  variables: [],
  points: [],
  templates: [],
  unused: [],
};

test('the price, the number of runs and the warnings are those of the platform, which gets templates and tables as texts', async () => {
  const template = join(folder, 'in.tmpl');
  const table = join(folder, 'points.csv');
  await writeFile(template, 'x = ${x}\n');
  await writeFile(table, 'x\n1\n2\n3\n');
  const bodies: { definition: Record<string, unknown>; contents: Record<string, string> }[] = [];
  await using platform = await startSmallPlatform({
    ...catalogue,
    [PREVIEW]: ({ body }) => {
      bodies.push(JSON.parse(body));
      return { body: found };
    },
  });
  const argv = [
    'sweep',
    '--dry-run',
    '--params',
    table,
    '--template',
    `${template}=case/in`,
    '--slots',
    '9',
    'run',
  ];
  const said = await runQuarry(argv, platform);
  expect(said.stderr).toContain('Runs: 3, on 9 slots\n');
  expect(said.stderr).toContain('folderId has no effect on this platform.');
  expect(said.stderr).toContain('1 core x 1 slot x 2 h x 0.07 EUR per core hour = 0.14 EUR');
  const [{ definition, contents }] = bodies as [(typeof bodies)[number]];
  const { paramFile, jobanalyses } = definition as {
    paramFile: { id: string };
    jobanalyses: { templateTasks: { templateFile: { id: string } }[] }[];
  };
  expect(contents[paramFile.id]).toBe('x\n1\n2\n3\n');
  expect(contents[jobanalyses[0]!.templateTasks[0]!.templateFile.id]).toBe('x = ${x}\n');
  expect(platform.requests.filter((request) => !request.startsWith('GET'))).toEqual([PREVIEW]);

  const { stdout } = await runQuarry([...argv, '--json'], platform);
  expect(JSON.parse(stdout)).toMatchObject({
    runs: 3,
    estimate: { perHour: 0.07, amount: 0.14, currency: 'EUR', hours: 2, isLongest: false },
    warnings: ['folderId has no effect on this platform.'],
  });
  // What stands for files that are here is nothing that a definition would have.
  expect(stdout).not.toContain('local-');
});

test('what the platform would refuse is refused before anything is uploaded', async () => {
  const input = join(folder, 'mesh.inp');
  await writeFile(input, 'mesh');
  await using platform = await startSmallPlatform({
    ...catalogue,
    [PREVIEW]: () => ({
      status: 400,
      body: { definition: { jobanalyses: [{ hardware: { slots: ['At most 4.'] } }] } },
    }),
  });
  const argv = ['jobs', 'submit', '--command', 'x', '--input', input, '--slots', '9'];
  const { exitCode, stderr } = await runQuarry([...argv, '--json'], platform);
  expect(exitCode).toBe(5);
  expect(JSON.parse(stderr).error.fields).toEqual([
    { path: 'jobanalyses[0].hardware.slots', message: 'At most 4.' },
  ]);
  expect(platform.requests.filter((request) => !request.startsWith('GET'))).toEqual([PREVIEW]);
});

test('where templates are no texts, the price is worked out from the list', async () => {
  const template = join(folder, 'latin.tmpl');
  await writeFile(template, Buffer.from([0x24, 0x7b, 0x78, 0x7d, 0xe9]));
  await using platform = await startSmallPlatform({ ...catalogue, [PREVIEW]: () => ({ body: found }) });
  const argv = ['sweep', '--dry-run', '--param', 'x=1,2', '--template', `${template}=in`, 'run'];
  const { stderr } = await runQuarry(argv, platform);
  expect(stderr).toContain('0.03 USD per core hour');
  expect(platform.requests).not.toContain(PREVIEW);
});
