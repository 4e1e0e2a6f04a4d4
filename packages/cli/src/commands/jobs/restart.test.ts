import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

const restartedFrom = { jobId: 'abcDEF', runId: '1', from: 'snapshot', snapshotId: 'sssSSS' };
const tile = {
  command: 'solve',
  envVars: {},
  hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 },
};

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
