import { MAX_BULK_FILES, MAX_BULK_JOBS, MAX_TAGS } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  clusterOf,
  definition,
  reach,
  runJob,
  type Someone,
  saveJob,
  submitJob,
  until,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
let other: Someone;
/** Of nobody here, and a job of the other one's. */
let theirs: string;
let running: string;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
  other = await addUser(platform, 'other@lab.example');
  theirs = await saveJob(platform, definition('true', { tags: ['theirs'] }), other.key);
  running = await submitJob(platform, definition('sleep 300'), other.key);
  await reach(platform, running, 'Executing');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const post = (path: string, body: object, key?: string) =>
  platform.call('POST', `/api/v2/${path}`, body, key);
const statusOfGet = async (path: string) => (await platform.call('GET', `/api/v2/${path}`)).status;
const codesOf = (refused: Array<{ id: string; code: string }>) =>
  Object.fromEntries(refused.map(({ id, code }) => [id, code]));

describe('deleting many jobs', () => {
  test('deletes those that can be, and says of each of the others why not', async () => {
    const someone = await addUser(platform, 'deleter@lab.example');
    const saved = await saveJob(platform, definition(), someone.key);
    const ended = await runJob(platform, definition('echo x > out.txt'), someone.key);
    const going = await submitJob(platform, definition('sleep 300'), someone.key);
    const jobs = [going, saved, 'AbSent', theirs, ended.id, saved];
    const { status, body } = await post('jobs/delete/', { jobs }, someone.key);
    expect([status, body.deleted, body.unchanged, body.tasks]).toEqual([200, [saved, ended.id], [], []]);
    expect(codesOf(body.refused)).toEqual({
      [going]: 'job_running',
      AbSent: 'not_found',
      [theirs]: 'not_found',
    });
    expect(body.refused[0]).toEqual({
      id: going,
      code: 'job_running',
      detail: expect.stringContaining('under way'),
      hint: expect.stringContaining('Stop it first'),
    });
    expect(
      await Promise.all([saved, ended.id, theirs, going].map((id) => statusOfGet(`jobs/${id}/`))),
    ).toEqual([404, 404, 200, 200]);
    expect((await platform.call('GET', `/api/v2/files/?search=out.txt`)).body.count).toBe(0);
    // What a repeated request finds: nothing that is left to do, and nothing that somebody else has deleted.
    const again = await post('jobs/delete/', { jobs: [saved, ended.id] }, someone.key);
    expect(again.body).toEqual({ deleted: [], tasks: [], unchanged: [saved, ended.id], refused: [] });
    expect(codesOf((await post('jobs/delete/', { jobs: [saved] }, other.key)).body.refused)).toEqual({
      [saved]: 'not_found',
    });
    await post('jobs/stop/', { jobs: [going] });
  });

  test('takes their inputs along when asked to, but for those that others use', async () => {
    const [own, shared] = [await uploadFile(platform, 'own.txt'), await uploadFile(platform, 'shared.txt')];
    const inputs = (...files: Array<{ id: string }>) => ({ inputFiles: files.map(({ id }) => ({ id })) });
    const job = await saveJob(platform, definition('true', {}, inputs(own, shared)));
    await saveJob(platform, definition('true', {}, inputs(shared)));
    await post('jobs/delete/', { jobs: [job], deleteInputFiles: true });
    expect([await statusOfGet(`files/${own.id}/`), await statusOfGet(`files/${shared.id}/`)]).toEqual([
      404, 200,
    ]);
  });

  test('is done in one request to as many as one request takes', async () => {
    const { body } = await post('jobs/bulk/', {
      jobs: Array.from({ length: MAX_BULK_JOBS }, (_, index) =>
        definition('true', { name: `gone ${index}` }),
      ),
    });
    const jobs = body.jobs.map(({ id }: { id: string }) => id);
    const answer = await post('jobs/delete/', { jobs });
    expect([answer.status, answer.body.deleted]).toEqual([200, jobs]);
    expect((await platform.call('GET', '/api/v2/jobs/?search=gone ')).body.count).toBe(0);
  });
});

describe('tagging many jobs', () => {
  const tagsOf = async (id: string) =>
    (await platform.call('GET', `/api/v2/jobs/${id}/tags/`)).body.map(({ name }: { name: string }) => name);

  test('gives and takes, and tells those of which the tags were so before', async () => {
    const [one, two] = [
      await saveJob(platform, definition('true', { tags: ['Draft', 'wing'] })),
      await saveJob(platform, definition('true', { tags: ['WING', 'checked'] })),
    ];
    const wanted = { jobs: [one, two, 'AbSent'], add: ['wing', 'checked', 'Checked'], remove: ['draft'] };
    const { status, body } = await post('jobs/tags/', wanted);
    expect([status, body.changed, body.unchanged, codesOf(body.refused)]).toEqual([
      200,
      [one],
      [two],
      { AbSent: 'not_found' },
    ]);
    expect([await tagsOf(one), await tagsOf(two)]).toEqual([
      ['wing', 'checked'],
      ['WING', 'checked'],
    ]);
    expect((await platform.call('GET', '/api/v2/jobs/?tag=draft')).body.count).toBe(0);
    expect((await post('jobs/tags/', wanted)).body).toMatchObject({ changed: [], unchanged: [one, two] });
  });

  test('changes none of the tags of a job that would have too many, nor of one that is somebody else’s', async () => {
    const full = Array.from({ length: MAX_TAGS }, (_, index) => `tag ${index}`);
    const job = await saveJob(platform, definition('true', { tags: full }));
    const { body } = await post('jobs/tags/', { jobs: [job], add: ['one', 'two'], remove: ['tag 0'] });
    expect([body.changed, codesOf(body.refused)]).toEqual([[], { [job]: 'too_many_tags' }]);
    expect(await tagsOf(job)).toEqual(full);
    const fits = await post('jobs/tags/', { jobs: [job], add: ['one'], remove: ['tag 0'] });
    expect(fits.body.changed).toEqual([job]);
    const foreign = await post('jobs/tags/', { jobs: [job], add: ['x'] }, other.key);
    expect(codesOf(foreign.body.refused)).toEqual({ [job]: 'not_found' });
  });

  test.each([
    ['no tags', {}, 'add'],
    ['the same tag in both', { add: ['Wing'], remove: ['wing'] }, 'remove'],
    ['a blank tag', { add: [' '] }, 'add'],
  ])('refuses %s under the field', async (_what, tags, field) => {
    const { status, body } = await post('jobs/tags/', { jobs: ['AbCdEf'], ...tags });
    expect([status, Object.keys(body)]).toEqual([400, [field]]);
  });
});

describe('executing again what failed of many jobs', () => {
  const attemptsBefore = async (id: string): Promise<number> =>
    (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body.previousAttempts.length;
  const rerunWithKey = async (jobs: string[]) => {
    const response = await fetch(new URL('/api/v2/jobs/rerun/', platform.url), {
      method: 'POST',
      headers: {
        authorization: `Token ${platform.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': 'rerun of many',
      },
      body: JSON.stringify({ jobs }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };

  test('does it for those of which something failed, once for each key', async () => {
    const failing = await Promise.all([1, 2].map(() => runJob(platform, definition('exit 1'))));
    const good = await runJob(platform, definition('true'));
    const saved = await saveJob(platform);
    const ids = failing.map(({ id }) => id as string);
    const jobs = [...ids, good.id, saved, 'AbSent', theirs];
    const first = await rerunWithKey(jobs);
    expect([first.status, first.body.rerun, first.body.unchanged]).toEqual([
      202,
      ids.map((id) => ({ id, runs: 1 })),
      [good.id],
    ]);
    // The administrator sees the other one's job, which was not submitted either.
    expect(codesOf(first.body.refused)).toEqual({
      [saved]: 'job_not_submitted',
      AbSent: 'not_found',
      [theirs]: 'job_not_submitted',
    });
    for (const id of ids) {
      await until(
        async () => (await attemptsBefore(id)) === 1 && (await clusterOf(platform, id)).status === 'Stopped',
      );
    }
    expect((await rerunWithKey(jobs)).body).toEqual(first.body);
    expect(await Promise.all(ids.map(attemptsBefore))).toEqual([1, 1]);
  });

  test('leaves those alone that are somebody else’s', async () => {
    const failed = await runJob(platform, definition('exit 1'));
    const { body } = await post('jobs/rerun/', { jobs: [failed.id] }, other.key);
    expect([body.rerun, codesOf(body.refused)]).toEqual([[], { [failed.id]: 'not_found' }]);
  });
});

describe('deleting many files', () => {
  test('deletes those that can be, and says of each of the others why not', async () => {
    const [free, mine] = [await uploadFile(platform, 'free.txt'), await uploadFile(platform, 'mine.txt')];
    const input = await uploadFile(platform, 'input.txt', 'input', other.key);
    const job = await submitJob(
      platform,
      definition('sleep 300', {}, { inputFiles: [{ id: input.id }] }),
      other.key,
    );
    const { status, body } = await post('files/delete/', { files: [free.id, input.id, 'AbSent', free.id] });
    expect([status, body.deleted, codesOf(body.refused)]).toEqual([
      200,
      [free.id],
      { [input.id]: 'file_in_use', AbSent: 'not_found' },
    ]);
    expect([await statusOfGet(`files/${free.id}/`), await statusOfGet(`files/${input.id}/`)]).toEqual([
      404, 200,
    ]);
    expect((await post('files/delete/', { files: [free.id] })).body).toEqual({
      deleted: [],
      unchanged: [free.id],
      refused: [],
    });
    const foreign = await post('files/delete/', { files: [mine.id] }, other.key);
    expect(codesOf(foreign.body.refused)).toEqual({ [mine.id]: 'not_found' });
    await post('jobs/stop/', { jobs: [job] });
  });
});

test.each([
  ['jobs/delete/', 'jobs', MAX_BULK_JOBS],
  ['jobs/tags/', 'jobs', MAX_BULK_JOBS],
  ['jobs/rerun/', 'jobs', MAX_BULK_JOBS],
  ['files/delete/', 'files', MAX_BULK_FILES],
])('%s takes a list, and none that is too long', async (path, field, most) => {
  for (const ids of [undefined, [], 'x', Array.from({ length: most + 1 }, () => 'AbCdEf')]) {
    const { status, body } = await post(path, { [field]: ids, add: ['x'] });
    expect([status, Object.keys(body)]).toEqual([400, [field]]);
  }
});
