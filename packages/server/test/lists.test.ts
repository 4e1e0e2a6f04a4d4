import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  reach,
  runJob,
  type Someone,
  saveJob,
  submitJob,
  until,
} from './platform-harness.ts';

let platform: Platform;
let other: Someone;
const NAMES = ['wing 100%', 'wing_a', 'wing-b', 'Rumpf GRÖSSE', "it's", 'back\\slash', 'tail'];
let done: string;
let failed: string;
let running: string;

beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  other = await addUser(platform, 'other@lab.example');
  for (const name of NAMES) {
    await saveJob(platform, definition('true', { name }));
  }
  done = (await runJob(platform, definition('echo 12345678 > out', { name: 'done' }))).id;
  failed = (await runJob(platform, definition('false', { name: 'failed' }))).id;
  running = await submitJob(platform, definition('sleep 300', { name: 'running' }));
  await reach(platform, running, 'Executing');
  await saveJob(platform, definition('true', { name: 'theirs' }), other.key);
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const list = async (query: string, key?: string) => {
  const { status, body } = await platform.call('GET', `/api/v2/jobs/?page_size=100&${query}`, undefined, key);
  expect(status).toBe(200);
  const names = body.results.map((job: { name: string }) => job.name);
  expect(body.count).toBe(names.length);
  return names as string[];
};

const NEWEST_FIRST = ['theirs', 'running', 'failed', 'done', ...NAMES.toReversed()];

test.each<[string, string[]]>([
  ['', NEWEST_FIRST],
  ['ordering=-dateInserted', NEWEST_FIRST],
  ['ordering=-date_inserted', NEWEST_FIRST],
  ['ordering=dateInserted', NEWEST_FIRST.toReversed()],
  ['ordering=name&search=wing', ['wing 100%', 'wing-b', 'wing_a']],
  ['ordering=-name&search=wing', ['wing_a', 'wing-b', 'wing 100%']],
  ['f=1', NEWEST_FIRST.slice(1)],
  ['f=0', NEWEST_FIRST],
  ['t=1', ['running']],
  ['state=completed', ['failed', 'done']],
  ['state=COMPLETED', ['failed', 'done']],
  ['state=not_completed&f=1', ['running', ...NAMES.toReversed()]],
  ['job_status=COMPLETED', ['failed', 'done']],
  ['job_status=executing', ['running']],
  ['job_status=QUEUED', []],
  ['search=WING_', ['wing_a']],
  ['search=100%25', ['wing 100%']],
  ['search=%25', ['wing 100%']],
  ['search=_', ['wing_a']],
  ['search=%5C', ['back\\slash']],
  ["search=it's", ["it's"]],
  ['search=+tail+', ['tail']],
  ['search=%27%20OR%201=1--', []],
  ['state=completed&search=done', ['done']],
  ['q=folder:abc', NEWEST_FIRST],
  ['outcome=failed', ['failed']],
  ['outcome=failed,success', ['failed', 'done']],
  ['outcome=walltime_exceeded', []],
  ['owner=OTHER@lab.example', ['theirs']],
  ['owner=nobody@lab.example', []],
  ['software=user_included&search=done', ['done']],
  ['software=user_', []],
  ['core_type=quartz&f=1&search=wing_', ['wing_a']],
  ['coreType=granite', []],
  ['project=nowhere', []],
  ['from=2000-01-01&to=2000-01-02', []],
  ['from=2000-01-01', NEWEST_FIRST],
  ['endedFrom=2000-01-01', ['failed', 'done']],
  ['ended_from=2999-01-01', []],
  ['to=2999-12-31T00:00:00Z&search=tail', ['tail']],
  ['ordering=-duration&state=not_completed&f=1&t=1', ['running']],
  ['start_date=2000-01-01&end_date=2000-01-02', NEWEST_FIRST],
])('jobs/?%s', async (query, expected) => {
  expect(await list(query)).toEqual(expected);
});

test('today is a day that counts whole, in both directions', async () => {
  const today = new Date().toISOString().slice(0, 10);
  expect(await list(`from=${today}&to=${today}`)).toEqual(NEWEST_FIRST);
});

test('a job is found by its id', async () => {
  expect(await list(`search=${done}`)).toEqual(['done']);
  expect(await list(`search=${done.slice(1)}`)).toEqual([]);
});

test('jobs are ordered by what they have taken so far, and cost', async () => {
  for (const by of ['duration', 'cost']) {
    const names = await list(`ordering=-${by}`);
    // The one that executes goes on.
    expect(names[0]).toBe('running');
    expect(new Set(names.slice(1, 3))).toEqual(new Set(['done', 'failed']));
    expect(await list(`ordering=${by}`)).toEqual(names.toReversed());
  }
});

test('jobs are ordered by their latest status', async () => {
  expect((await list('ordering=-status'))[0]).toBe('running');
  expect(new Set((await list('ordering=-status')).slice(1, 3))).toEqual(new Set(['done', 'failed']));
});

test('jobs are ordered by the addresses of their owners', async () => {
  expect((await list('ordering=owner'))[0]).toBe('theirs');
  expect((await list('ordering=-owner')).at(-1)).toBe('theirs');
});

test.each(['owners=other@lab.example', 'label=x', 'limit=3', 'Outcome=failed'])(
  'a filter that there is not is refused: %s',
  async (query) => {
    for (const path of ['jobs/', 'jobs/counts/']) {
      const { status, body } = await platform.call('GET', `/api/v2/${path}?${query}`);
      expect(status).toBe(400);
      expect(body[query.split('=')[0]!][0]).toMatch(/^There is no such parameter\. Choose of: .*outcome/);
    }
  },
);

test('jobs are counted by kind, with the same filters', async () => {
  const counts = async (query: string, key?: string) =>
    (await platform.call('GET', `/api/v2/jobs/counts/?${query}`, undefined, key)).body;
  expect(await counts('')).toEqual({
    count: NEWEST_FIRST.length,
    saved: NAMES.length + 1,
    byStatus: { Executing: 1 },
    byOutcome: { success: 1, failed: 1 },
  });
  expect(await counts('search=wing')).toEqual({ count: 3, saved: 3, byStatus: {}, byOutcome: {} });
  expect(await counts('', other.key)).toEqual({ count: 1, saved: 1, byStatus: {}, byOutcome: {} });
});

test('an item of the list says what the job itself says', async () => {
  const { body } = await platform.call('GET', '/api/v2/jobs/?page_size=100');
  for (const id of [done, failed]) {
    const item = body.results.find((each: { id: string }) => each.id === id);
    const job = (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
    const project = (await platform.call('GET', '/api/v2/projects/')).body.results[0];
    expect(item).toMatchObject({
      failureCode: job.failure?.code ?? null,
      waiting: null,
      progress: job.progress,
      elapsedWalltimeSeconds: job.elapsedWalltimeSeconds,
      cost: job.cost,
      coreType: job.jobanalyses[0].hardware.coreType,
      projectName: project.name,
      best: null,
    });
    expect(item.cost.used).not.toBeNull();
  }
  const saved = body.results.find((each: { name: string }) => each.name === 'tail');
  expect(saved).toMatchObject({ progress: null, elapsedWalltimeSeconds: null, cost: { used: null } });
});

test('a member sees their own alone, whatever they ask for', async () => {
  for (const query of ['', 'f=0', 'f=1', 'state=not_completed']) {
    expect(await list(query, other.key)).toEqual(['theirs']);
  }
});

test('an item tells what people look for', async () => {
  const { body } = await platform.call('GET', '/api/v2/jobs/?state=completed');
  const owner = (await platform.call('GET', '/api/v2/users/me/')).body.email;
  expect(body.results).toMatchObject([
    { id: failed, owner, jobStatus: { content: 'Completed' }, outcome: 'failed' },
    {
      id: done,
      owner,
      jobStatus: { content: 'Completed' },
      outcome: 'success',
      analysisNames: ['Bring Your Own Software'],
    },
  ]);
  expect(body.results[1].storage).toBeGreaterThan(9);
  const saved = await platform.call('GET', '/api/v2/jobs/?search=tail');
  expect(saved.body.results[0]).toMatchObject({
    jobStatus: { content: '' },
    clusterStatusDisplay: { content: '' },
    storage: 0,
    outcome: null,
  });
});

test('pages hold together while jobs are added and deleted between them', async () => {
  const first = (await platform.call('GET', '/api/v2/jobs/?page_size=4')).body;
  const seen = first.results.map((job: { name: string }) => job.name);
  const added = await saveJob(platform, definition('true', { name: 'added' }));
  await platform.call('DELETE', `/api/v2/jobs/${first.results[3].id}/`);
  for (let url = first.next; url !== null; ) {
    const { body } = await platform.call('GET', url);
    seen.push(...body.results.map((job: { name: string }) => job.name));
    url = body.next;
  }
  await platform.call('DELETE', `/api/v2/jobs/${added}/`);
  expect(seen).toEqual(NEWEST_FIRST);
});

test('an order by name is walked in pages, each job once', async () => {
  const seen: string[] = [];
  for (let url: string | null = '/api/v2/jobs/?ordering=name&page_size=3'; url !== null; ) {
    const { body } = await platform.call('GET', url);
    seen.push(...body.results.map((job: { name: string }) => job.name));
    url = body.next;
  }
  expect(seen).toHaveLength(new Set(seen).size);
  expect(seen).toEqual(seen.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(seen).toEqual(expect.arrayContaining(NAMES));
});

test('users and projects are found by a part of their name, wildcards taken literally', async () => {
  const { body: made } = await platform.call('POST', '/api/v2/projects/', {
    name: '50%_wing',
    description: 'x',
  });
  const find = async (path: string, search: string) =>
    (await platform.call('GET', `/api/v2/${path}/?search=${encodeURIComponent(search)}`)).body.count;
  expect([await find('projects', '%_W'), await find('projects', '5_%')]).toEqual([1, 0]);
  expect([await find('users', 'OTHER@'), await find('users', '%'), await find('users', 'o_her')]).toEqual([
    1, 0, 0,
  ]);
  expect(made.isActive).toBe(true);
});

test('the status of a list item keeps up with its job', async () => {
  const id = await submitJob(platform, definition('true', { name: 'brief' }));
  await until(async () => {
    const { body } = await platform.call('GET', '/api/v2/jobs/?search=brief&t=1');
    return body.count === 0;
  });
  const { body } = await platform.call('GET', '/api/v2/jobs/?search=brief');
  expect(body.results[0]).toMatchObject({ id, jobStatus: { content: 'Completed' } });
});
