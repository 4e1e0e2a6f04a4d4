import { MAX_BULK_JOBS } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  leaves,
  rawRequest,
  reach,
  runJob,
  saveJob,
  sendRaw,
  submitJob,
  uploadFile,
} from './platform-harness.ts';

const CORES = 8;
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: CORES });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const VARIABLE = {
  name: 'x',
  variableType: 'Design',
  displayOrder: 1,
  valueGeneratorType: 'Uniform',
  valueGeneratorSettings: { minvalue: 0, maxvalue: 1 },
};
const named = (name: string, change: object = {}) => definition('true', { name, ...change });
const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => named(`${name} ${index}`));
const createMany = (jobs: object[], more: object = {}, key?: string) =>
  platform.call('POST', '/api/v2/jobs/bulk/', { jobs, ...more }, key);
const stopMany = (jobs: unknown, key?: string) => platform.call('POST', '/api/v2/jobs/stop/', { jobs }, key);

async function countOf(search: string): Promise<number> {
  return (await platform.call('GET', `/api/v2/jobs/?search=${search}`)).body.count;
}

async function statusOf(id: string): Promise<string | null> {
  return (await platform.call('GET', `/api/v2/jobs/${id}/`)).body.status;
}

describe('many jobs in one request', () => {
  test('are saved in the order of their definitions, each with its own warnings', async () => {
    const { status, body } = await createMany([
      named('plain'),
      named('warned', { folderId: 'AbCdEf' }),
      named('with an unknown field', { colour: 'green' }),
    ]);
    expect(status).toBe(201);
    expect(body).toEqual({
      jobs: [
        { id: expect.any(String), name: 'plain', warnings: [] },
        { id: expect.any(String), name: 'warned', warnings: [expect.stringContaining('folderId')] },
        { id: expect.any(String), name: 'with an unknown field', warnings: [] },
      ],
      warnings: [expect.stringContaining('jobs[2].colour')],
    });
    for (const { id, name } of body.jobs) {
      const { body: job } = await platform.call('GET', `/api/v2/jobs/${id}/`);
      expect(job).toMatchObject({ id, name, status: null });
    }
  });

  test('are the same jobs that one request each would have saved', async () => {
    const input = await uploadFile(platform, 'input.txt');
    const wanted = definition(
      'cat input.txt',
      { name: 'twin', tags: ['a', 'b'], description: 'text', isLowPriority: true },
      { inputFiles: [{ id: input.id }], envVars: { A: '1' } },
    );
    const alone = (await platform.call('POST', '/api/v2/jobs/', wanted)).body;
    const { body } = await createMany([wanted]);
    const { body: other } = await platform.call('GET', `/api/v2/jobs/${body.jobs[0].id}/`);
    const { id: _id, dateInserted: _date, ...facts } = alone;
    expect(other).toMatchObject(facts);
  });

  test('run when they are submitted as well', async () => {
    const input = await uploadFile(platform, 'word.txt', 'word');
    const jobs = Array.from({ length: 5 }, (_, index) =>
      definition(
        `test "$(cat word.txt)" = word && exit ${index % 2}`,
        { name: `runs ${index}` },
        { inputFiles: [{ id: input.id }] },
      ),
    );
    const { status, body } = await createMany(jobs, { submit: 'true' });
    expect(status).toBe(201);
    for (const [index, { id }] of body.jobs.entries()) {
      const history = await reach(platform, id, 'Completed');
      expect(history[0]).toBe('Pending');
      const job = (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
      expect([job.name, job.outcome]).toEqual([`runs ${index}`, index % 2 === 0 ? 'success' : 'failed']);
    }
  });

  test.each<[string, object, string]>([
    ['a field that is missing', { name: undefined }, 'name'],
    [
      'a core type that is not there',
      { jobanalyses: [{ ...definition().jobanalyses[0], hardware: { coreType: 'x', coresPerSlot: 1 } }] },
      'jobanalyses.0.hardware.coreType',
    ],
    ['a project that is not there', { projectId: 'AbCdEf' }, 'projectId'],
  ])(
    'are refused together for %s in one of them, which is named by position',
    async (_what, change, path) => {
      const before = await countOf('');
      const { status, body } = await createMany([named('good 1'), named('bad', change), named('good 2')], {
        submit: true,
      });
      expect(status).toBe(400);
      expect(leaves(body).map(([at]) => at)).toEqual([`jobs.1.${path}`]);
      expect(await countOf('')).toBe(before);
    },
  );

  test('are refused with the errors of each that is wrong', async () => {
    const bad = definition('true', { projectId: 'AbCdEf' });
    const wrong = definition('true', {}, { hardware: { coreType: 'quartz', coresPerSlot: 10_000 } });
    const { status, body } = await createMany([bad, named('good'), wrong, named('good')]);
    expect([status, body]).toEqual([
      400,
      {
        jobs: [
          { projectId: [expect.stringContaining('AbCdEf')] },
          {},
          { jobanalyses: [{ hardware: { coresPerSlot: [expect.stringContaining('10000')] } }] },
          {},
        ],
      },
    ]);
    expect(await countOf('good')).toBe(0);
  });

  test('may not take what is somebody else’s', async () => {
    const { key } = await addUser(platform, 'other@lab.example');
    const mine = await uploadFile(platform, 'mine.txt');
    const taking = definition('true', { name: 'taking' }, { inputFiles: [{ id: mine.id }] });
    const { status, body } = await createMany([named('fine'), taking], {}, key);
    expect([status, body.jobs[0], Object.keys(body.jobs[1])]).toEqual([400, {}, ['jobanalyses']]);
  });

  test.each<[string, unknown, string]>([
    ['none', [], 'may not be empty'],
    ['no list', 'x', 'Expected a list'],
    ['nothing', undefined, 'required'],
    [`more than ${MAX_BULK_JOBS}`, many(MAX_BULK_JOBS + 1, 'too many'), String(MAX_BULK_JOBS)],
  ])('%s is refused under the field', async (_what, jobs, words) => {
    const { status, body } = await platform.call('POST', '/api/v2/jobs/bulk/', { jobs });
    expect([status, body]).toEqual([400, { jobs: [expect.stringContaining(words)] }]);
  });

  test('take no more input files together than the limit', async () => {
    const inputFiles = Array.from({ length: LIMITS.inputsPerBulk / 50 + 1 }, () => ({ id: 'AbCdEf' }));
    const jobs = Array.from({ length: 50 }, () => definition('true', {}, { inputFiles }));
    const { status, body } = await createMany(jobs);
    expect([status, body]).toEqual([400, { jobs: [expect.stringContaining(String(LIMITS.inputsPerBulk))] }]);
  });

  test('have no more runs together than the limit, nor larger files of parameters', async () => {
    const half = LIMITS.runsPerBulk / 2;
    const sweep = named('too many runs', { jobvariables: [VARIABLE], monteCarloIterations: half + 1 });
    const runs = await createMany([sweep, named('basic'), sweep, sweep]);
    expect([runs.status, runs.body]).toEqual([
      400,
      { jobs: [expect.stringContaining(`${LIMITS.runsPerBulk} runs`)] },
    ]);
    const bytes = Buffer.concat([Buffer.from('x\n'), Buffer.alloc(LIMITS.paramFileBytes / 64, '1')]);
    const file = await uploadFile(platform, 'cases.csv', bytes);
    const reading = Array.from({ length: 64 * 2 }, () => named('large', { paramFile: { id: file.id } }));
    const files = await createMany(reading);
    expect([files.status, files.body]).toEqual([
      400,
      { jobs: [expect.stringContaining(String(LIMITS.paramFileBytesPerBulk))] },
    ]);
    expect([await countOf('too many runs'), await countOf('large')]).toEqual([0, 0]);
  });

  test('may be sweeps, whose runs are planned like those of one', async () => {
    const sweep = named('swept', { jobvariables: [VARIABLE], monteCarloIterations: 3 });
    const { status, body } = await createMany([sweep, sweep], { submit: true });
    expect(status).toBe(201);
    for (const { id } of body.jobs) {
      await reach(platform, id, 'Completed');
      const { body: runs } = await platform.call('GET', `/api/v2/jobs/${id}/runs/`);
      expect([runs.count, runs.results[0].variables[0].name]).toEqual([3, 'x']);
    }
  });

  test('fit into the body of one request', async () => {
    const { status, text } = await sendRaw(
      platform,
      rawRequest(platform, 'POST', '/api/v2/jobs/bulk/', {
        headers: [`Content-Length: ${LIMITS.bodyBytes + 1}`],
        body: '{"jobs":[',
      }),
    );
    expect([status, JSON.parse(text).code]).toEqual([413, 'too_large']);
  });

  test('keep nobody else waiting, however many they are', async () => {
    let isDone = false;
    const created = createMany(many(MAX_BULK_JOBS, 'of a thousand'), { submit: true }).finally(() => {
      isDone = true;
    });
    let served = 0;
    for (; !isDone; served++) {
      expect((await platform.call('GET', '/api/v2/coretypes/?page_size=1')).status).toBe(200);
    }
    const { status, body } = await created;
    expect([status, body.jobs.length]).toEqual([201, MAX_BULK_JOBS]);
    expect(new Set(body.jobs.map(({ id }: { id: string }) => id)).size).toBe(MAX_BULK_JOBS);
    expect(await countOf('of a thousand')).toBe(MAX_BULK_JOBS);
    expect(served).toBeGreaterThan(5);

    const ids: string[] = body.jobs.map(({ id }: { id: string }) => id);
    const stopped = await stopMany(ids);
    expect(stopped.status).toBe(202);
    expect([...stopped.body.stopping, ...stopped.body.unchanged].sort()).toEqual([...ids].sort());
    expect(stopped.body.stopping.length).toBeGreaterThan(0);
    for (const id of [ids[0]!, ids[500]!, ids.at(-1)!]) {
      await reach(platform, id, 'Completed');
    }
  });
});

describe('stopping many jobs', () => {
  test('stops those that run or wait, leaves the others, and counts each once', async () => {
    const ended = (await runJob(platform)).id;
    const { body: made } = await createMany(
      Array.from({ length: CORES + 1 }, () => definition('sleep 300')),
      { submit: true },
    );
    const ids: string[] = made.jobs.map(({ id }: { id: string }) => id);
    await reach(platform, ids[0]!, 'Executing');
    await reach(platform, ids.at(-1)!, 'Waiting for Cluster');
    const saved = await saveJob(platform);
    const { status, body } = await stopMany([ids[0], saved, ended, ...ids, saved]);
    expect([status, body]).toEqual([202, { stopping: ids, unchanged: [saved, ended] }]);
    for (const id of ids) {
      expect((await reach(platform, id, 'Completed')).at(-1)).toBe('Completed (Stopped by user)');
    }
    expect([await statusOf(saved), await statusOf(ended)]).toEqual([null, 'Completed']);
    expect((await stopMany(ids)).body).toEqual({ stopping: [], unchanged: ids });
  });

  test('stops none when one of them is not there or not theirs to stop', async () => {
    const { key } = await addUser(platform, 'stopper@lab.example');
    const mine = await submitJob(platform, definition('sleep 300'));
    const theirs = await submitJob(platform, definition('sleep 300'), key);
    await reach(platform, theirs, 'Executing');
    const { status, body } = await stopMany([theirs, mine, 'AbSent'], key);
    expect([status, body]).toEqual([
      400,
      {
        jobs: [
          {},
          [expect.stringContaining(`no job "${mine}"`)],
          [expect.stringContaining('no job "AbSent"')],
        ],
      },
    ]);
    expect([await statusOf(mine), await statusOf(theirs)]).not.toContain('Stopping');
    expect(await statusOf(theirs)).toBe('Executing');
    // An administrator stops anybody's.
    expect((await stopMany([mine, theirs])).body.stopping).toEqual([mine, theirs]);
    await Promise.all([mine, theirs].map((id) => reach(platform, id, 'Completed')));
  });

  test.each<[string, unknown]>([
    ['none', []],
    ['no list', 'x'],
    ['nothing', undefined],
    ['a list of lists', [[]]],
    ['too many', Array.from({ length: MAX_BULK_JOBS + 1 }, () => 'AbCdEf')],
  ])('refuses %s under the field', async (_what, jobs) => {
    const { status, body } = await stopMany(jobs);
    expect([status, Object.keys(body)]).toEqual([400, ['jobs']]);
  });
});
