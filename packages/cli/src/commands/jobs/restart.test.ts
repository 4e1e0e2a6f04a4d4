import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

const restartedFrom = { jobId: 'abcDEF', runId: '1', from: 'snapshot', snapshotId: 'sssSSS' };
const tile = {
  command: 'solve',
  envVars: {},
  hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-restart-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a job is restarted in one step, with other values', async () => {
  const sent: unknown[] = [];
  const routes: Record<string, Route> = {
    'GET /api/v2/jobs/abcDEF/': () => ({ body: { id: 'abcDEF', jobanalyses: [tile] } }),
    'POST /api/v2/jobs/abcDEF/restart/': ({ body }) => {
      sent.push(JSON.parse(body));
      return { status: 201, body: { id: 'newJOB', name: 'Restart of x', restartedFrom } };
    },
  };
  await using platform = await startSmallPlatform(routes);
  const plain = await runQuarry(['jobs', 'restart', 'abcDEF'], platform);
  expect(plain.stdout).toBe('Job newJOB (Restart of x) goes on from job abcDEF.\n');
  expect(plain.stderr).toBe('Submit it with: quarry jobs submit --saved newJOB\n');
  const command = [
    'jobs',
    'restart',
    'abcDEF',
    '--from',
    'snapshot',
    '--set',
    'walltime=48',
    '--submit',
    '--json',
  ];
  const json = await runQuarry(command, platform);
  expect(JSON.parse(json.stdout)).toEqual({
    id: 'newJOB',
    name: 'Restart of x',
    restartedFrom,
    submitted: true,
  });
  expect(sent).toEqual([
    { submit: false },
    {
      from: 'snapshot',
      submit: true,
      change: { jobanalyses: [{ ...tile, hardware: { ...tile.hardware, walltime: 48 } }] },
    },
  ]);
});

test('runs are chosen by a word or by numbers, and sources in their order', async () => {
  const sent: unknown[] = [];
  await using platform = await startSmallPlatform({
    'POST /api/v2/jobs/abcDEF/restart/': ({ body }) => {
      sent.push(JSON.parse(body));
      return { status: 201, body: { id: 'newJOB', name: 'x', restartedFrom: null } };
    },
  });
  const restart = (...options: string[]) => runQuarry(['jobs', 'restart', 'abcDEF', ...options], platform);
  expect((await restart('--runs', 'failed', '--from', 'outputs,fresh')).exitCode).toBe(0);
  expect((await restart('--runs', '2,7-9')).exitCode).toBe(0);
  expect(sent).toEqual([
    { from: ['outputs', 'fresh'], runs: 'failed', submit: false },
    { runs: ['2', '7', '8', '9'], submit: false },
  ]);
  for (const wrong of ['some', '9-7', '0', '1,', '1-999999999']) {
    const refused = await restart('--runs', wrong);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('unfinished, failed, all');
  }
  expect(sent).toHaveLength(2);
});

test('a file of --input takes the place of the input of its name, and is removed again when nothing comes of it', async () => {
  const path = join(folder, 'settings.inp');
  await writeFile(path, 'new');
  const sent: unknown[] = [];
  const deleted: string[] = [];
  let status = 201;
  const inputFiles = [
    { id: 'oldSET', name: 'settings.inp', decompress: true },
    { id: 'oldMSH', name: 'mesh.inp', decompress: true },
  ];
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/abcDEF/': () => ({ body: { id: 'abcDEF', jobanalyses: [{ ...tile, inputFiles }] } }),
    'POST /api/v2/files/contents/': () => ({ status: 201, body: { id: 'newSET', name: 'settings.inp' } }),
    'DELETE /api/v2/files/newSET/': () => {
      deleted.push('newSET');
      return { status: 204 };
    },
    'POST /api/v2/jobs/abcDEF/restart/': ({ body }) => {
      sent.push(JSON.parse(body));
      return { status, body: { id: 'newJOB', name: 'x', restartedFrom: null, detail: 'no' } };
    },
  });
  const restart = () => runQuarry(['jobs', 'restart', 'abcDEF', '--input', path], platform);
  expect(await restart()).toMatchObject({ exitCode: 0 });
  const [, mesh] = inputFiles;
  const files = [mesh, { id: 'newSET', decompress: true }];
  expect(sent).toEqual([{ submit: false, change: { jobanalyses: [{ ...tile, inputFiles: files }] } }]);
  expect(deleted).toEqual([]);
  status = 409;
  expect((await restart()).exitCode).not.toBe(0);
  expect(deleted).toEqual(['newSET']);
});

test('a source that there is not is refused before anything is sent', async () => {
  await using platform = await startSmallPlatform({});
  const { stderr, exitCode } = await runQuarry(['jobs', 'restart', 'abcDEF', '--from', 'memory'], platform);
  expect(stderr).toContain('snapshot, checkpoint, outputs');
  expect(exitCode).toBe(2);
  expect(platform.requests).toEqual([]);
});

test('a job that was made by a restart shows from what', async () => {
  const job = {
    ...{ id: 'newJOB', name: 'x', owner: 'ann@lab.example', dateInserted: '2026-01-31T09:00:00.000000Z' },
    ...{ jobvariables: [], jobanalyses: [], restartedFrom },
  };
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/newJOB/': () => ({ body: job }),
    'GET /api/v2/jobs/newJOB/statuses/': () => ({
      body: { count: 0, next: null, previous: null, results: [] },
    }),
  });
  const { stdout } = await runQuarry(['jobs', 'show', 'newJOB'], platform);
  expect(stdout).toMatch(/^Goes on from +job abcDEF, its snapshot sssSSS$/m);
});
