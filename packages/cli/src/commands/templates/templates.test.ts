import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../../testing/small-platform.ts';

const summary = {
  ...{ id: 'tmplAA', name: 'Wing', description: '', projectId: null, projectName: null, version: 2 },
  ...{ isArchived: false, mayChange: false, author: 'bea@lab.example' },
  ...{ dateInserted: '2026-01-05T09:00:00Z', dateVersion: '2026-01-05T09:00:00Z' },
};
const field = {
  help: '',
  unit: null,
  min: null,
  max: null,
  options: [],
  required: true,
  default: null,
  target: null,
};
const template = {
  ...summary,
  latestVersion: 2,
  fields: [
    { ...field, name: 'speed', label: 'Speed', type: 'number', min: 0, unit: 'm/s' },
    {
      ...field,
      name: 'model',
      label: 'Model',
      type: 'choice',
      default: 'k',
      required: false,
      options: [
        { value: 'k', label: 'k' },
        { value: 'o', label: 'omega' },
      ],
    },
  ],
  definition: {},
};

test('templates list and show tell what there is and what its form asks for', async () => {
  let asked = '';
  await using platform = await startSmallPlatform({
    'GET /api/v2/job-templates/': ({ url }) => {
      asked = url.search;
      return { body: page([summary]) };
    },
    'GET /api/v2/job-templates/tmplAA/': () => ({ body: template }),
  });
  const list = await runQuarry(['templates', 'list', '--search', 'wi'], platform);
  expect(list.stdout).toMatch(/tmplAA +Wing +everybody +2 +bea@lab\.example/);
  expect(asked).toContain('search=wi');
  const json = await runQuarry(['templates', 'list', '--archived', '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual({ items: [summary], total: 1 });
  expect(asked).toContain('archived=true');
  const show = await runQuarry(['templates', 'show', 'tmplAA'], platform);
  expect(show.stdout).toMatch(/^speed +Speed +number +from 0 m\/s$/m);
  expect(show.stdout).toMatch(/^model +Model +choice, optional +k +k, o$/m);
});

test('templates run sets fields, uploads files for others, and submits unless told otherwise', async () => {
  const sent: unknown[] = [];
  await using platform = await startSmallPlatform({
    'POST /api/v2/files/contents/': () => ({
      status: 201,
      body: { id: 'fileAA', name: 'a.msh', decryptedSize: 1 },
    }),
    'POST /api/v2/job-templates/tmplAA/jobs/': ({ body }) => {
      sent.push(JSON.parse(body));
      return { status: 201, body: { id: 'abcDEF', name: 'Wing' } };
    },
  });
  const run = ['templates', 'run', 'tmplAA'];
  const first = await runQuarry(
    [...run, '--set', 'speed=30', '--set', 'note=a=b', '--version-number', '1'],
    platform,
  );
  expect([first.exitCode, first.stdout]).toEqual([0, 'Job abcDEF (Wing) is submitted.\n']);
  const second = await runQuarry(
    [...run, '--set', 'ids=a', '--set', 'ids=b', '--leave-saved', '--name', 'X', '--json'],
    platform,
  );
  expect(JSON.parse(second.stdout)).toEqual({
    id: 'abcDEF',
    name: 'Wing',
    template: 'tmplAA',
    submitted: false,
  });
  expect(sent).toEqual([
    { values: { speed: '30', note: 'a=b' }, version: 1, submit: true },
    { values: { ids: ['a', 'b'] }, name: 'X', submit: false },
  ]);
  const wrong = await runQuarry([...run, '--set', 'speed'], platform);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('NAME=VALUE')]);
});

test('templates run --dry-run prints what would be executed and sends no job', async () => {
  const estimate = {
    most: { amount: '0.08', currency: 'USD', formula: 'x' },
    perHour: { amount: '0.04', currency: 'USD', formula: 'x' },
    hours: 2,
    isLongest: false,
  };
  await using platform = await startSmallPlatform({
    'POST /api/v2/job-templates/tmplAA/preview/': () => ({
      body: { warnings: [], estimate, scripts: ['export speed=30\n./solve'], definition: { name: 'Wing' } },
    }),
  });
  const { exitCode, stdout, stderr } = await runQuarry(
    ['templates', 'run', 'tmplAA', '--set', 'speed=30', '--dry-run'],
    platform,
  );
  expect([exitCode, stdout]).toEqual([0, 'export speed=30\n./solve\n']);
  expect(stderr).toContain('at most 0.08 USD');
  expect(platform.requests).toEqual(['POST /api/v2/job-templates/tmplAA/preview/']);
});

test('templates run says which value is refused, and leaves no file that it has uploaded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'templates-'));
  const path = join(directory, 'wing.msh');
  await writeFile(path, 'mesh');
  await using platform = await startSmallPlatform({
    'POST /api/v2/files/contents/': () => ({
      status: 201,
      body: { id: 'fileAA', name: 'wing.msh', decryptedSize: 4 },
    }),
    'DELETE /api/v2/files/fileAA/': () => ({ status: 204 }),
    'POST /api/v2/job-templates/tmplAA/jobs/': () => ({
      status: 400,
      body: { values: { speed: ['This field is required.'] } },
    }),
  });
  try {
    const { exitCode, stderr } = await runQuarry(
      ['templates', 'run', 'tmplAA', '--upload', `mesh=${path}`],
      platform,
    );
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('values.speed')]);
    expect(platform.requests).toContain('DELETE /api/v2/files/fileAA/');
  } finally {
    await rm(directory, { recursive: true });
  }
});
