/** What the SDK sends for runs, sweeps and many jobs at once. */
import { ConflictError, mergeResults, NotFoundError, toRecords } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { type Answer, type Asked, json, type PlatformDouble, startDouble } from './platform-double.ts';

const body = (request: Asked | undefined) => JSON.parse(request?.body.toString() || 'null');
const lines = (platform: PlatformDouble) => platform.asked.map(({ method, url }) => `${method} ${url}`);

const results = {
  columns: [
    { name: 'id', kind: 'run' as const, type: 'text' as const },
    { name: 'x', kind: 'input' as const, type: 'number' as const },
    { name: 'x', kind: 'output' as const, type: 'number' as const },
  ],
  rows: [
    ['1', 0.5, 2],
    ['2', 1, null],
  ],
};

test('runs are read, stopped, executed again and their files listed under their job', async () => {
  const empty = { count: 0, next: null, previous: null, results: [] };
  await using platform = await startDouble(({ url }, response) => {
    if (url.endsWith('/rerun/')) {
      json(response, 202, { runs: ['2', '5'] });
    } else if (url.endsWith('/directory-contents/')) {
      json(response, 200, [{ path: 'a', resource: '/a' }]);
    } else {
      json(response, 200, /files|page_size/.test(url) ? empty : { id: '2' });
    }
  });
  const { jobs } = platform.client();
  expect((await jobs.getRun('abcdef', '2')).id).toBe('2');
  await jobs.stopRun('abcdef', '2');
  expect(await jobs.rerun('abcdef')).toEqual(['2', '5']);
  expect(await jobs.rerun('abcdef', { runs: ['2', '5'] })).toEqual(['2', '5']);
  expect(await jobs.runFiles('abcdef', '2', { search: 'log' }).all()).toEqual([]);
  expect(await jobs.runDirectory('abcdef', '2')).toEqual([{ path: 'a', resource: '/a' }]);
  await jobs.runs('abcdef', { page_size: 200 }).page();
  expect(lines(platform)).toEqual([
    'GET /api/v2/jobs/abcdef/runs/2/',
    'POST /api/v2/jobs/abcdef/runs/2/stop/',
    'POST /api/v2/jobs/abcdef/runs/rerun/',
    'POST /api/v2/jobs/abcdef/runs/rerun/',
    'GET /api/v2/jobs/abcdef/runs/2/files/?search=log',
    'GET /api/v2/jobs/abcdef/runs/2/directory-contents/',
    'GET /api/v2/jobs/abcdef/runs/?page_size=200',
  ]);
  expect([body(platform.asked[2]), body(platform.asked[3])]).toEqual([{}, { runs: ['2', '5'] }]);
});

test('what runs use is read of all of a job, and of one as it went', async () => {
  await using platform = await startDouble(({ url }, response) =>
    json(
      response,
      200,
      url.includes('/runs/')
        ? { runId: '2', points: [] }
        : { count: 1, next: null, previous: null, results: [{ runId: '2', cpuCores: 1.5 }] },
    ),
  );
  const { jobs } = platform.client();
  expect(await jobs.usage('abcdef', { isExecuting: true }).all()).toEqual([{ runId: '2', cpuCores: 1.5 }]);
  expect((await jobs.runUsage('abcdef', '2')).points).toEqual([]);
  expect(lines(platform)).toEqual([
    'GET /api/v2/jobs/abcdef/usage/?isExecuting=true',
    'GET /api/v2/jobs/abcdef/runs/2/usage/',
  ]);
  await jobs.load('abcdef', { hours: 2 });
  await jobs.logs('abcdef', { limit: 5 });
  expect(lines(platform).slice(2)).toEqual([
    'GET /api/v2/jobs/abcdef/cluster-load-measurements/?hours=2',
    'GET /api/v2/jobs/abcdef/logs/?limit=5',
  ]);
});

test('a snapshot is asked for once, and waited for by looking at the list', async () => {
  const pending = { id: 'aaaaaa', status: 'pending' };
  const done = { id: 'aaaaaa', status: 'done', fileId: 'bbbbbb' };
  let looks = 0;
  await using platform = await startDouble(({ method }, response) => {
    if (method === 'POST') {
      json(response, 200, {
        data: pending,
        exitcode: null,
        lastSnapshotID: null,
        reason: 'It is being made.',
      });
    } else {
      looks += 1;
      const results = [{ id: 'cccccc', status: 'done' }, looks < 3 ? pending : done];
      json(response, 200, { count: 2, next: null, previous: null, results });
    }
  });
  const { jobs } = platform.client();
  expect(await jobs.snapshot('abcdef', '2')).toEqual(pending);
  expect(await jobs.snapshot('abcdef', '2', { kind: 'checkpoint', waitSeconds: 0, wait: true })).toEqual(
    done,
  );
  expect(await jobs.snapshots('abcdef', '2').all()).toHaveLength(2);
  expect(lines(platform)).toEqual([
    'POST /api/v2/jobs/abcdef/runs/2/snapshot/',
    'POST /api/v2/jobs/abcdef/runs/2/snapshot/',
    ...Array(4).fill('GET /api/v2/jobs/abcdef/runs/2/snapshots/'),
  ]);
  expect([body(platform.asked[0]), body(platform.asked[1])]).toEqual([
    {},
    { kind: 'checkpoint', waitSeconds: 0 },
  ]);
});

test('a restart sends what it goes on from and what is to be another', async () => {
  await using platform = await startDouble((_, response) => json(response, 201, { id: 'abcxyz' }));
  const { jobs } = platform.client();
  expect((await jobs.restart('abcdef')).id).toBe('abcxyz');
  await jobs.restart('abcdef', {
    from: 'snapshot',
    snapshotId: 'ssssss',
    name: 'on',
    change: { tags: ['x'] },
    submit: true,
  });
  await jobs.restart('abcdef', { runs: ['2', '5'], from: ['outputs', 'fresh'] });
  expect(lines(platform)).toEqual(Array(3).fill('POST /api/v2/jobs/abcdef/restart/'));
  expect(platform.asked.map(body)).toEqual([
    {},
    { from: 'snapshot', snapshotId: 'ssssss', name: 'on', change: { tags: ['x'] }, submit: true },
    { runs: ['2', '5'], from: ['outputs', 'fresh'] },
  ]);
  // A request that is sent again by itself must not make two jobs.
  expect(platform.asked[0]!.headers['idempotency-key']).toBeTruthy();
});

test('a snapshot that was deleted while it was waited for is told', async () => {
  await using platform = await startDouble(({ method }, response) =>
    method === 'POST'
      ? json(response, 200, { data: { id: 'aaaaaa', status: 'pending' } })
      : json(response, 200, { count: 0, next: null, previous: null, results: [] }),
  );
  await expect(platform.client().jobs.snapshot('abcdef', '1', { wait: true })).rejects.toThrow(/was deleted/);
});

test('runs that were cut off are resumed, or what is kept of them is given up', async () => {
  let run: object = { id: '1', isUnfinished: true };
  await using platform = await startDouble(({ method }, response) => {
    if (method === 'DELETE') {
      response.writeHead(204).end();
    } else if (method === 'GET') {
      json(response, 200, { count: 1, next: null, previous: null, results: [run] });
    } else {
      json(response, 202, { runs: ['2'] });
    }
  });
  const { jobs } = platform.client();
  expect(await jobs.resume('abcdef')).toEqual(['2']);
  expect(await jobs.resume('abcdef', { runs: ['2'] })).toEqual(['2']);
  await jobs.discardDirectory('abcdef', '2');
  const look = 'GET /api/v2/jobs/abcdef/runs/?page_size=1';
  expect(lines(platform)).toEqual([
    ...[look, 'POST /api/v2/jobs/abcdef/runs/rerun/', look, 'POST /api/v2/jobs/abcdef/runs/rerun/'],
    'DELETE /api/v2/jobs/abcdef/runs/2/directory/',
  ]);
  expect(body(platform.asked[1])).toEqual({ resume: true });
  expect(body(platform.asked[3])).toEqual({ resume: true, runs: ['2'] });
  // A platform of before knows no such runs, and would begin them anew.
  run = { id: '1' };
  await expect(jobs.resume('abcdef')).rejects.toThrow('cannot resume runs');
  expect(lines(platform).slice(5)).toEqual([look]);
});

test('a job is stopped with time to leave, at once, or without its outputs', async () => {
  await using platform = await startDouble((_request, response) => {
    response.writeHead(202).end();
  });
  const { jobs } = platform.client();
  await jobs.stop('abcdef');
  await jobs.stop('abcdef', { force: true });
  await jobs.shutdown('abcdef');
  expect(lines(platform)).toEqual([
    'POST /api/v2/jobs/abcdef/stop/',
    'POST /api/v2/jobs/abcdef/stop/?force=true',
    'POST /api/v2/jobs/abcdef/shutdown/',
  ]);
});

test('clusters are listed and read by themselves and of their job', async () => {
  const empty = { count: 0, next: null, previous: null, results: [] };
  await using platform = await startDouble(({ url }, response) => {
    if (url.endsWith('/connection_details/')) {
      json(response, 200, { connectionDetails: [{ host: 'h', port: 22 }] });
    } else {
      json(response, 200, url.endsWith('/cLUst/') ? { id: 'cLUst' } : empty);
    }
  });
  const { jobs, clusters } = platform.client();
  await clusters.list({ state: 'all' }).all();
  expect((await clusters.get('cLUst')).id).toBe('cLUst');
  await clusters.statuses('cLUst').all();
  await jobs.clusters('abcdef').all();
  await jobs.instances('abcdef').all();
  expect(await jobs.connectionDetails('abcdef')).toEqual([{ host: 'h', port: 22 }]);
  expect(lines(platform)).toEqual([
    'GET /api/v3/clusters/?state=all',
    'GET /api/v3/clusters/cLUst/',
    'GET /api/v3/clusters/cLUst/statuses/',
    'GET /api/v3/jobs/abcdef/clusters/',
    'GET /api/v2/jobs/abcdef/instances/',
    'GET /api/v2/jobs/abcdef/connection_details/',
  ]);
});

test('persistent clusters are created, started, given jobs and shut down', async () => {
  const bodies: unknown[] = [];
  await using platform = await startDouble(({ url, body }, response) => {
    if (url.endsWith('/start/') || url.endsWith('/shutdown/')) {
      response.writeHead(204).end();
      return;
    }
    bodies.push(JSON.parse(String(body)));
    json(response, 201, { id: url.endsWith('/jobs/') ? 'abcdef' : 'cLUst' });
  });
  const { clusters } = platform.client();
  const hardware = { coreType: 'quartz', coresPerSlot: 2, slots: 2 };
  expect((await clusters.create({ name: 'wings', hardware })).id).toBe('cLUst');
  await clusters.start('cLUst');
  expect(await clusters.attach('cLUst', 'abcdef')).toEqual({ id: 'abcdef' });
  await clusters.shutdown('cLUst');
  expect(bodies).toEqual([
    { name: 'wings', hardware },
    { id: 'abcdef', submit: true },
  ]);
  expect(lines(platform)).toEqual([
    'POST /api/v3/clusters/',
    'POST /api/v3/clusters/cLUst/start/',
    'POST /api/v3/clusters/cLUst/jobs/',
    'POST /api/v3/clusters/cLUst/shutdown/',
  ]);
});

test('tags are read, added and taken away one by one', async () => {
  const tag = { name: 'Study:a b', normalizedName: 'study:a b' };
  await using platform = await startDouble(({ method }, response) => {
    if (method === 'DELETE') {
      response.writeHead(204).end();
    } else {
      json(response, method === 'POST' ? 201 : 200, method === 'POST' ? tag : [tag]);
    }
  });
  const { jobs } = platform.client();
  expect(await jobs.tags('abcdef')).toEqual([tag]);
  expect(await jobs.addTag('abcdef', 'Study:a b')).toEqual(tag);
  await jobs.removeTag('abcdef', 'Study:a b');
  expect(lines(platform)).toEqual([
    'GET /api/v2/jobs/abcdef/tags/',
    'POST /api/v2/jobs/abcdef/tags/',
    'DELETE /api/v2/jobs/abcdef/tags/?name=Study%3Aa+b',
  ]);
  expect(platform.asked.slice(1).map(body)).toEqual([{ name: 'Study:a b' }, { name: 'Study:a b' }]);
});

test('custom fields are values by name, however the platform wraps them', async () => {
  await using platform = await startDouble(({ method }, response) =>
    json(response, 200, method === 'POST' ? { a: 1 } : { a: { meta: { name: 'a' }, value: { b: [1] } } }),
  );
  const { jobs } = platform.client();
  expect(await jobs.customFields('abcdef')).toEqual({ a: { b: [1] } });
  expect(await jobs.setCustomFields('abcdef', { a: 1, old: null })).toEqual({ a: 1 });
  expect(lines(platform)).toEqual([
    'GET /api/v2/jobs/abcdef/custom-fields/',
    'POST /api/v2/jobs/abcdef/custom-fields/',
  ]);
  expect(body(platform.asked[1])).toEqual({ a: 1, old: null });
});

test('a signal is sent to a run once, whatever the platform says, and how many processes got it is answered', async () => {
  let isSilent = false;
  await using platform = await startDouble((_request, response) =>
    isSilent
      ? json(response, 503, { detail: 'No answer.', code: 'agent_silent' })
      : json(response, 200, { signal: 'SIGUSR1', processes: 3 }),
  );
  const { jobs } = platform.client();
  expect(await jobs.signalRun('abcdef', '2', 'SIGUSR1')).toBe(3);
  expect(body(platform.asked[0])).toEqual({ signal: 'SIGUSR1' });
  isSilent = true;
  // It may have been sent.
  await expect(jobs.signalRun('abcdef', '2', 'SIGUSR1')).rejects.toThrow('No answer.');
  expect(lines(platform)).toEqual(Array(2).fill('POST /api/v2/jobs/abcdef/runs/2/signal/'));
});

test('results are a table, objects, the text of a CSV file or the bytes of a Parquet file', async () => {
  await using platform = await startDouble(({ url }, response) => {
    if (url.endsWith('json')) {
      json(response, 200, results);
    } else if (url.endsWith('csv')) {
      response.end('id,x\n1,0.5\n');
    } else {
      response.end(Buffer.from('PAR1'));
    }
  });
  const { jobs } = platform.client();
  expect(toRecords(await jobs.results('abcdef'))).toEqual([
    { run: { id: '1' }, inputs: { x: 0.5 }, outputs: { x: 2 } },
    { run: { id: '2' }, inputs: { x: 1 }, outputs: { x: null } },
  ]);
  expect(await jobs.results('abcdef', { format: 'csv' })).toBe('id,x\n1,0.5\n');
  expect(await jobs.results('abcdef', { format: 'parquet' })).toEqual(new Uint8Array([80, 65, 82, 49]));
  expect(platform.asked.map(({ url }) => url.split('?')[1])).toEqual([
    'format=json',
    'format=csv',
    'format=parquet',
  ]);
});

test('of results only some columns are asked for, and only what has changed', async () => {
  await using platform = await startDouble(({ url }, response) =>
    json(
      response,
      200,
      url.includes('/runs/') ? { count: 0, next: null, previous: null, results: [] } : results,
    ),
  );
  const { jobs } = platform.client();
  await jobs.results('abcdef', { since: '7.2.1', columns: ['x', 'y'] });
  await jobs.results('abcdef', { format: 'csv', columns: ['x'] });
  await jobs.runs('abcdef', { where: 'x>=1,y<2', ordering: '-y', outcome: 'failed', state: 'ended' }).page();
  expect(lines(platform)).toEqual([
    'GET /api/v2/jobs/abcdef/results/?format=json&since=7.2.1&columns=x%2Cy',
    'GET /api/v2/jobs/abcdef/results/?format=csv&columns=x',
    'GET /api/v2/jobs/abcdef/runs/?where=x%3E%3D1%2Cy%3C2&ordering=-y&outcome=failed&state=ended',
  ]);
});

test('changes go into the table by the names of their columns, new ones at its end', () => {
  const column = (name: string, kind: 'run' | 'input' | 'output') => ({
    name,
    kind,
    type: 'number' as const,
  });
  const table = {
    columns: [column('run', 'run'), column('x', 'input'), column('Cd', 'output')],
    mark: '1.2.1',
    isWhole: true,
    rows: [
      [1, 0.5, 7],
      [2, 1, 8],
    ],
  };
  const changes = {
    columns: [column('run', 'run'), column('x', 'input'), column('Cl', 'output')],
    mark: '3.3.1',
    isWhole: false,
    rows: [
      [2, 1, 9],
      [3, 1.5, null],
    ],
  };
  const merged = mergeResults(table, changes);
  expect(merged).toEqual({
    columns: [...table.columns, column('Cl', 'output')],
    mark: '3.3.1',
    isWhole: true,
    rows: [
      [1, 0.5, 7, null],
      [2, 1, null, 9],
      [3, 1.5, null, null],
    ],
  });
  expect(table.rows).toEqual([
    [1, 0.5, 7],
    [2, 1, 8],
  ]);
  expect(mergeResults(merged, table)).toBe(table);
});

test('analyses of a sweep name only what was asked for', async () => {
  await using platform = await startDouble((_request, response) => json(response, 200, {}));
  const { jobs } = platform.client();
  await jobs.sensitivity('abcdef');
  await jobs.sensitivity('abcdef', { output: 'Cd', method: 'rank-correlation' });
  await jobs.responseSurface('abcdef', { output: 'Cd', degree: 2, interactions: false });
  expect(lines(platform)).toEqual([
    'GET /api/v2/jobs/abcdef/sensitivity/',
    'GET /api/v2/jobs/abcdef/sensitivity/?output=Cd&method=rank-correlation',
    'GET /api/v2/jobs/abcdef/response-surface/?output=Cd&degree=2&interactions=false',
  ]);
});

describe('many jobs at once', () => {
  test('are created, and if wished submitted, in one request', async () => {
    const created = [{ id: 'abcdef', name: 'one', warnings: [] }];
    await using platform = await startDouble((_request, response) => json(response, 201, { jobs: created }));
    const definition = { name: 'one', jobanalyses: [] };
    expect(await platform.client().jobs.createMany([definition], { submit: true })).toEqual(created);
    expect(lines(platform)).toEqual(['POST /api/v2/jobs/bulk/']);
    expect(body(platform.asked[0])).toEqual({ jobs: [definition], submit: true });
  });

  test('are not sent to a platform that would start at once what is to start after others', async () => {
    let features: string[] = [];
    await using platform = await startDouble(({ method }, response) =>
      method === 'GET' ? json(response, 200, { features }) : json(response, 201, { jobs: [] }),
    );
    const jobs = [
      { name: 'mesh', jobanalyses: [] },
      { name: 'solve', jobanalyses: [], after: [{ jobId: '#0' }] },
    ];
    await expect(platform.client().jobs.createMany(jobs)).rejects.toThrow('cannot start jobs after others');
    features = ['jobs-after-others'];
    expect(await platform.client().jobs.createMany(jobs)).toEqual([]);
    expect(lines(platform)).toEqual([...Array(2).fill('GET /api/v2/server/'), 'POST /api/v2/jobs/bulk/']);
  });

  test('are stopped in one request, and so is a single one, which may not be running', async () => {
    const answer = { stopping: ['aaaaaa'], unchanged: ['bbbbbb'] };
    await using platform = await startDouble((_request, response) => json(response, 202, answer));
    const { jobs } = platform.client();
    expect(await jobs.stopMany(['aaaaaa', 'bbbbbb'])).toEqual(answer);
    expect(await jobs.stopMany(['bbbbbb'])).toEqual(answer);
    expect(await jobs.stopMany([])).toEqual({ stopping: [], unchanged: [] });
    expect(lines(platform)).toEqual(['POST /api/v2/jobs/stop/', 'POST /api/v2/jobs/stop/']);
  });

  test.each([
    [404, {}],
    [405, { detail: 'Method "POST" not allowed.' }],
  ])('are stopped one by one where that request answers %i', async (status, words) => {
    await using platform = await startDouble(({ url }, response) => {
      if (url?.endsWith('/statuses/')) {
        const results = url.includes('bbbbbb') ? [] : [{ status: 'Executing' }];
        return json(response, 200, { count: results.length, next: null, previous: null, results });
      }
      return url === '/api/v2/jobs/stop/' ? json(response, status, words) : json(response, 202, undefined);
    });
    const stopped = await platform.client().jobs.stopMany(['aaaaaa', 'bbbbbb']);
    expect(stopped).toEqual({ stopping: ['aaaaaa'], unchanged: ['bbbbbb'] });
    expect(platform.asked).toHaveLength(5);
  });

  test('are deleted, tagged and executed again in one request each, and what is refused is an answer', async () => {
    const refused = [{ id: 'bbbbbb', code: 'job_running', detail: 'It runs.', hint: null }];
    await using platform = await startDouble((_request, response) =>
      json(response, 200, { deleted: ['aaaaaa'], tasks: [], unchanged: [], refused }),
    );
    const { jobs, files } = platform.client();
    const ids = ['aaaaaa', 'bbbbbb'];
    expect((await jobs.deleteMany(ids, { deleteInputFiles: true })).refused).toEqual(refused);
    await jobs.tagMany(ids, { add: ['a'] });
    await jobs.rerunMany(ids, { resume: true });
    await files.deleteMany(ids);
    expect(await jobs.deleteMany([])).toEqual({ deleted: [], tasks: [], unchanged: [], refused: [] });
    expect(lines(platform)).toEqual([
      'POST /api/v2/jobs/delete/',
      'POST /api/v2/jobs/tags/',
      'POST /api/v2/jobs/rerun/',
      'POST /api/v2/files/delete/',
    ]);
    expect(platform.asked.map(body)).toEqual([
      { jobs: ids, deleteInputFiles: true },
      { jobs: ids, add: ['a'], remove: [] },
      { jobs: ids, resume: true },
      { files: ids },
    ]);
  });

  test('are deleted in requests of a thousand, however many they are', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 200, { deleted: ['aaaaaa'], tasks: [], unchanged: [], refused: [] }),
    );
    const ids = Array.from({ length: 2001 }, (_, index) => `job${index}`);
    const { jobs, files } = platform.client();
    expect((await jobs.deleteMany(ids)).deleted).toEqual(['aaaaaa', 'aaaaaa', 'aaaaaa']);
    expect((await files.deleteMany(ids)).deleted).toHaveLength(3);
    expect(platform.asked.map((request) => (body(request).jobs ?? body(request).files).length)).toEqual([
      1000, 1000, 1, 1000, 1000, 1,
    ]);
  });

  test('are deleted one by one where there is no such request, and one that is refused stops none', async () => {
    await using platform = await startDouble(({ method, url }, response) => {
      if (method === 'POST') {
        json(response, 404, {});
      } else if (url.includes('bbbbbb')) {
        json(response, 400, { detail: 'It runs.', code: 'job_running' });
      } else {
        json(response, url.includes('cccccc') ? 404 : 204, url.includes('cccccc') ? {} : undefined);
      }
    });
    const { deleted, refused } = await platform.client().jobs.deleteMany(['bbbbbb', 'cccccc', 'aaaaaa']);
    expect([deleted, refused.map(({ id, code }) => [id, code])]).toEqual([
      ['aaaaaa'],
      [
        ['bbbbbb', 'job_running'],
        ['cccccc', 'not_found'],
      ],
    ]);
  });

  test('are not stopped one by one when one of them is unknown', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 404, { detail: 'There is no job "bbbbbb".', code: 'not_found' }),
    );
    await expect(platform.client().jobs.stopMany(['aaaaaa', 'bbbbbb'])).rejects.toThrow(NotFoundError);
    expect(platform.asked).toHaveLength(1);
  });
});

describe('idempotency keys', () => {
  const definition = { name: 'pi', jobanalyses: [] };
  /** A platform that loses its first answer to each write, and says whether it minds keys. */
  const forgetful = (server: object | null): Answer => {
    const lost = new Set<string>();
    return ({ method, url }, response) => {
      if (url === '/api/v2/server/') {
        if (server) {
          json(response, 200, server);
        } else {
          json(response, 404, { detail: 'Not found.' });
        }
      } else if (method === 'POST' && !lost.has(url)) {
        lost.add(url);
        response.socket?.resetAndDestroy();
      } else {
        json(response, 201, { id: 'abcdef' });
      }
    };
  };
  const keysOf = ({ asked }: PlatformDouble) =>
    asked.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key']);

  test('let a create, a submit and an upload be sent again where the platform minds them', async () => {
    await using platform = await startDouble(forgetful({ name: 'Quarry', idempotencyKeys: true }));
    const { jobs, files } = platform.client();
    expect((await jobs.create(definition)).id).toBe('abcdef');
    await jobs.submit('abcdef');
    await files.upload('x', { name: 'x' });
    const keys = keysOf(platform);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(3);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    for (const at of [0, 2, 4]) {
      expect(keys[at]).toBe(keys[at + 1]);
    }
    expect(lines(platform).filter((line) => line === 'GET /api/v2/server/')).toHaveLength(1);
  });

  test.each([
    ['does not know the question', null],
    ['does not say so', { name: 'Quarry', version: '0.1.0' }],
  ])('let nothing be sent again where the platform %s', async (_words, server) => {
    await using platform = await startDouble(forgetful(server));
    await expect(platform.client().jobs.create(definition)).rejects.toThrow('got no complete answer');
    expect(lines(platform)).toEqual(['POST /api/v2/jobs/', 'GET /api/v2/server/']);
  });

  test('may be given, to go on after the program itself was interrupted', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, { id: 'abcdef' }));
    const { jobs, files } = platform.client();
    await jobs.create(definition, { idempotencyKey: 'create wing 7' });
    await jobs.createMany([definition], { idempotencyKey: 'create wings' });
    await jobs.submit('abcdef', { idempotencyKey: 'submit wing 7' });
    const stream = new Blob(['x']).stream();
    await files.upload(stream, { name: 'x', sizeBytes: 1, idempotencyKey: 'mesh of wing 7' });
    expect(keysOf(platform)).toEqual(['create wing 7', 'create wings', 'submit wing 7', 'mesh of wing 7']);
  });

  test('do not repeat what the platform has refused', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 409, { detail: 'Another request has that key.' }),
    );
    await expect(platform.client().jobs.create(definition)).rejects.toThrow(ConflictError);
    expect(platform.asked).toHaveLength(1);
  });
});
