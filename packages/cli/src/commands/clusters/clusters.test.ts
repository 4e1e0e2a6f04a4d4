import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../../testing/small-platform.ts';

const cluster = {
  ...{ id: 'cLUster', name: 'wing', owner: 'ann@lab.example', jobId: 'abcDEF', status: 'Started' },
  ...{ statusReason: null, statusDate: '2026-01-05T09:00:00.000000Z', slotsGranted: 2, hostname: 'node-7' },
  hardware: { coreType: { code: 'quartz', name: 'Quartz' }, coresPerSlot: 4, slots: 3, walltime: 2 },
  ...{ scheduler: 'local', dateInserted: '2026-01-05T09:00:00.000000Z' },
  ...{ dateStarted: '2026-01-05T09:00:00.000000Z', dateStopped: null },
};
const statuses = [
  { status: 'Started', statusDate: '2026-01-05T09:00:01.000000Z', statusReason: null },
  { status: 'Not Started', statusDate: '2026-01-05T09:00:00.000000Z', statusReason: 'It waits.' },
];

test('clusters list shows where jobs are executed, and asks for the state that is wanted', async () => {
  const asked: (string | null)[] = [];
  await using platform = await startSmallPlatform({
    'GET /api/v3/clusters/': ({ url }) => {
      asked.push(url.searchParams.get('state'));
      return { body: page([cluster]) };
    },
  });
  const { stdout } = await runQuarry(['clusters', 'list'], platform);
  expect(stdout).toMatch(/^ID .*\ncLUster +abcDEF {2}wing +Started +4 x 2 quartz +node-7 +\d+ /);
  const json = await runQuarry(['clusters', 'list', '--state', 'ended', '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual({ items: [cluster], total: 1 });
  expect(asked).toEqual([null, 'ended']);
});

test('clusters show tells what it has and what happened to it', async () => {
  await using platform = await startSmallPlatform({
    'GET /api/v3/clusters/cLUster/': () => ({ body: cluster }),
    'GET /api/v3/clusters/cLUster/statuses/': () => ({ body: page(statuses) }),
  });
  const { stdout } = await runQuarry(['clusters', 'show', 'cLUster'], platform);
  expect(stdout).toMatch(/Cores +4 x 2 quartz\nHost +node-7\n/);
  expect(stdout.split('\n').slice(-3)).toEqual([
    '  2026-01-05 09:00:00  Not Started: It waits.',
    '  2026-01-05 09:00:01  Started',
    '',
  ]);
  const json = await runQuarry(['clusters', 'show', 'cLUster', '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual({ cluster, statuses });
});

const persistent = {
  ...cluster,
  jobId: null,
  isPersistent: true,
  jobIds: ['jobONE'],
  idleMinutes: 30,
};

test('clusters create, start, shutdown and attach send what the API takes', async () => {
  const sent: Array<[path: string, body: unknown]> = [];
  const note =
    (answer: { status: number; body?: object }) =>
    ({ url, body }: { url: URL; body: string }) => {
      sent.push([url.pathname, body === '' ? null : JSON.parse(body)]);
      return answer;
    };
  await using platform = await startSmallPlatform({
    'POST /api/v3/clusters/': note({ status: 201, body: { ...persistent, status: 'Not Started' } }),
    'POST /api/v3/clusters/cLUster/start/': note({ status: 204 }),
    'POST /api/v3/clusters/cLUster/shutdown/': note({ status: 204 }),
    'POST /api/v3/clusters/cLUster/jobs/': note({ status: 201, body: { id: 'jobONE' } }),
    'GET /api/v3/clusters/cLUster/': () => ({ body: persistent }),
  });
  const hardware = ['--core-type', 'quartz', '--cores', '4', '--slots', '3', '--walltime', '8'];
  const created = await runQuarry(['clusters', 'create', 'wing', ...hardware, '--idle', '5'], platform);
  expect(created.stdout).toContain('Cluster cLUster (wing) is created: Not Started.');
  const started = await runQuarry(['clusters', 'start', 'cLUster', '--wait'], platform);
  expect(started.stdout).toContain('Cluster cLUster: Started.');
  const attached = await runQuarry(['clusters', 'attach', 'cLUster', 'jobONE', '--json'], platform);
  expect(JSON.parse(attached.stdout)).toEqual({ jobs: ['jobONE'], submitted: true });
  const ended = await runQuarry(['clusters', 'shutdown', 'cLUster'], platform);
  expect(ended.stdout).toContain('Jobs that end with it: jobONE.');
  const hardwareSent = { coreType: 'quartz', coresPerSlot: 4, slots: 3, walltime: 8 };
  expect(sent).toEqual([
    ['/api/v3/clusters/', { name: 'wing', hardware: hardwareSent, idleMinutes: 5 }],
    ['/api/v3/clusters/cLUster/start/', null],
    ['/api/v3/clusters/cLUster/jobs/', { id: 'jobONE', submit: true }],
    ['/api/v3/clusters/cLUster/shutdown/', null],
  ]);
  const wrong = await runQuarry(['clusters', 'create', 'wing'], platform);
  expect(wrong.stderr).toContain('--core-type and --cores');
});
