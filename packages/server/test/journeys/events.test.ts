/** `GET events/`: what happens to everything that somebody may see, as it happens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  addUser,
  clusterOf,
  definition,
  makeApiKey,
  reach,
  runJob,
  type Someone,
  saveJob,
  submitJob,
  until,
  uploadFile,
} from '../platform-harness.ts';
import { type Event, openStream, type WatchOptions } from '../stream-harness.ts';

let platform: Platform;
let ann: Someone;
let ben: Someone;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
  ann = await addUser(platform, 'ann@lab.example');
  ben = await addUser(platform, 'ben@lab.example');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key = platform.apiKey) =>
  platform.call(method, `/api/v2/${path}`, body, key);
const watch = (query = '', { on = platform, ...options }: Partial<WatchOptions> = {}) =>
  openStream(`events/${query}`, { on, ...options });
const ends = (jobId: string) => (event: Event) => event.type === 'ended' && event.data.job.id === jobId;
const isVerb = (verb: string) => (event: Event) => event.type === verb;
/** What is told once and in order; progress is told as it is found. */
const lasting = (events: Event[]) => events.filter(({ type }) => type !== 'progress' && type !== 'ready');
const word = ({ type, data }: Event) => (type === 'status' ? (data.detail.status as string) : type);
const idsOf = (events: Event[]) => lasting(events).map(({ id }) => id);

describe('what is told', () => {
  test('the life of a job, in the words of the log and of its statuses, each once', async () => {
    using stream = await watch('', { key: ann.key });
    expect((await stream.next())!).toMatchObject({ type: 'ready', id: expect.stringMatching(/^\d+\.\d+$/) });
    const id = await saveJob(platform, definition('true', { name: 'wing' }), ann.key);
    await call('PATCH', `jobs/${id}/`, { name: 'the wing' }, ann.key);
    await call('POST', `jobs/${id}/submit/`, undefined, ann.key);
    const life = await stream.until(ends(id));
    expect(lasting(life).map(word)).toEqual([
      ...[
        'created',
        'changed',
        'submitted',
        'Pending',
        'Queued',
        'Started',
        'Validated',
        'Executing',
        'ended',
      ],
    ]);
    const [created] = life;
    expect(created!.data).toEqual({
      id: created!.id,
      date: expect.stringMatching(/Z$/),
      actor: { id: ann.id, email: ann.email },
      subject: { type: 'job', id },
      verb: 'created',
      job: { id, name: expect.stringContaining('wing'), projectId: null, owner: ann.email },
      detail: { name: 'wing' },
    });
    const { body } = await call('GET', `jobs/${id}/statuses/?page_size=100`, undefined, ann.key);
    const told = life.filter(({ type }) => type === 'status' || type === 'ended');
    expect(told.map(({ data }) => data.detail.id)).toEqual(
      body.results.map((row: { id: string }) => row.id).toReversed(),
    );
    expect(life.at(-1)!.data).toMatchObject({
      actor: null,
      detail: { outcome: 'success', failure: null, progress: { runs: 1, ended: 1, failed: 0 } },
    });
    await until(async () => (await clusterOf(platform, id)).status === 'Stopped');
    await call('DELETE', `jobs/${id}/`, undefined, ann.key);
    expect((await stream.until(isVerb('deleted'))).at(-1)!.data).toMatchObject({
      actor: { email: ann.email },
      job: { id },
    });
  });

  test('the counts of a sweep while its runs end, and at once to whoever comes later', async () => {
    const variable = {
      ...{ name: 'x', displayOrder: 0, variableType: 'Design', valueGeneratorType: 'Linspace' },
      valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 20 },
    };
    using stream = await watch('', { key: ann.key });
    const id = await submitJob(platform, definition('true', { jobvariables: [variable] }), ann.key);
    const events = await stream.until(ends(id));
    const counts = events.filter(isVerb('progress')).map(({ data }) => data.detail.ended as number);
    expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
    expect(events.at(-1)!.data.detail.progress).toEqual({ runs: 20, ended: 20, failed: 0 });
    expect(events.filter(isVerb('progress')).every((event) => event.id === undefined)).toBe(true);

    const waiting = await submitJob(platform, definition('sleep 300'), ann.key);
    await reach(platform, waiting, 'Executing');
    using later = await watch(`?job=${waiting}`, { key: ann.key });
    const [, progress] = await later.until(isVerb('progress'));
    expect(progress!.data).toMatchObject({ job: { id: waiting }, detail: { runs: 1, ended: 0, failed: 0 } });
    await call('POST', `jobs/${waiting}/stop/`, undefined, ann.key);
    expect((await later.until(ends(waiting))).map(word)).toEqual(['stopped', 'Stopping', 'ended']);
  });

  test('beside jobs what somebody did themselves, and to administrators everything', async () => {
    using hers = await watch('', { key: ann.key });
    using his = await watch('', { key: ben.key });
    using all = await watch();
    const file = await uploadFile(platform, 'a.txt', 'bytes', ann.key);
    const hisFile = await uploadFile(platform, 'b.txt', 'bytes', ben.key);
    const isHis = ({ data }: Event) => data.subject?.id === hisFile.id;
    const told = lasting(await all.until(isHis)).map(({ data }) => [data.verb, data.subject.id, data.job]);
    expect(told).toEqual([file, hisFile].map(({ id }) => ['created', id, null]));
    expect(lasting(await his.until(isHis)).map(({ data }) => data.subject.id)).toEqual([hisFile.id]);
    await saveJob(platform, definition(), ann.key);
    const herStory = lasting(await hers.until(({ data }) => data.job != null));
    expect(herStory.map(({ data }) => data.subject.type)).toEqual(['file', 'job']);
    // What somebody was refused is an event like others, and does not end the stream of whoever is told.
    await call('GET', 'users/', undefined, ben.key);
    const refused = await all.until(isVerb('refused'));
    expect(refused.at(-1)!.data).toMatchObject({ actor: { id: ben.id }, subject: { type: 'endpoint' } });
    const later = await saveJob(platform);
    expect((await all.until(isVerb('created'))).at(-1)!.data.job?.id ?? later).toBe(later);
  });

  test('to the key of a job only jobs and what is none of people and keys', async () => {
    const id = await submitJob(
      platform,
      definition('echo "$RESCALE_API_KEY" > key; echo ready; sleep 300'),
      ann.key,
    );
    const key = await until(async () => {
      const { status, body } = await call('GET', `jobs/${id}/runs/1/tail/key?lines=1`, undefined, ann.key);
      return status === 200 && (body.lines[0] as string);
    });
    using stream = await watch('', { key });
    await stream.next();
    await makeApiKey(platform, { name: 'laptop' }, ann.key);
    const saved = await saveJob(platform, definition(), ann.key);
    const told = lasting(await stream.until(({ data }) => data.job?.id === saved));
    expect(told.map(({ data }) => data.subject.type)).toEqual(['job']);
    await call('POST', `jobs/${id}/stop/`, undefined, ann.key);
    // The key dies with the job.
    expect((await stream.rest()).at(-1)).toMatchObject({
      type: 'closed',
      data: { detail: 'Invalid token.' },
    });
  });
});

describe('going on where it stopped', () => {
  test('loses nothing and repeats nothing, wherever it is cut, also over a restart', async () => {
    await using other = await startPlatform({ cores: 4 });
    using whole = await watch('', { on: other });
    const start = (await whole.next())!.id!;
    const jobs: string[] = [];
    for (let job = 0; job < 5; job++) {
      jobs.push(await submitJob(other));
    }
    for (const id of jobs) {
      await reach(other, id, 'Completed');
    }
    const left = new Set(jobs);
    const all = await whole.until(({ type, data }) => {
      if (type === 'ended') {
        left.delete(data.job.id);
      }
      return left.size === 0;
    });
    const ids = idsOf(all);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(5 * 8);
    await other.stop();
    await other.restart();
    for (const [index, last] of [start, ...ids].entries()) {
      if (index === ids.length) {
        break;
      }
      using again = await watch('', { on: other, last: last! });
      const rest = await again.until(({ id }) => id === ids.at(-1));
      expect(idsOf(rest)).toEqual(ids.slice(index));
    }
    using byQuery = await watch(`?after=${ids.at(-2)}`, { on: other });
    expect((await byQuery.next())!.id).toBe(ids.at(-1));
  });

  test('goes on far behind, page by page, while more comes', async () => {
    using stream = await watch('', { key: ben.key });
    const { id: start } = (await stream.next())!;
    for (let round = 0; round < 12; round++) {
      const jobs = Array.from({ length: 100 }, () => definition());
      expect((await call('POST', 'jobs/bulk/', { jobs }, ben.key)).status).toBe(201);
    }
    using again = await watch('', { key: ben.key, last: start! });
    const last = await saveJob(platform, definition(), ben.key);
    const told = await again.until(({ data }) => data.job?.id === last);
    expect(told.map(({ type }) => type)).toEqual(Array.from({ length: 1201 }, () => 'created'));
    expect(new Set(told.map(({ data }) => data.job.id)).size).toBe(1201);
  });

  test.each(['999999999.0', '0.999999999', 'nonsense'])(
    'is refused in words behind %s, of which this server knows nothing',
    async (last) => {
      using stream = await watch('', { last });
      const [reset] = await stream.until(() => true);
      expect(reset).toMatchObject({
        type: 'reset',
        data: { reason: 'unknown', detail: expect.stringContaining('Read the lists anew.') },
      });
      await saveJob(platform);
      expect((await stream.until(isVerb('created'))).at(-1)!.type).toBe('created');
      expect(reset!.id).toBe(reset!.data.id);
    },
  );

  test('is not needed of a job that was taken up again: its earlier end has no outcome', async () => {
    using stream = await watch('', { key: ann.key });
    const { id: start } = (await stream.next())!;
    const { id } = await runJob(platform, definition('false'), ann.key);
    await until(async () => (await call('POST', `jobs/${id}/runs/rerun/`, {}, ann.key)).status < 300);
    await until(async () => {
      const { body } = await call('GET', `jobs/${id}/statuses/?page_size=100`, undefined, ann.key);
      return body.results.filter((row: { status: string }) => row.status === 'Completed').length === 2;
    });
    using again = await watch(`?job=${id}&verb=ended`, { key: ann.key, last: start! });
    const [first, second] = [await again.next(), await again.next()];
    expect([first!.data.detail.outcome, second!.data.detail.outcome]).toEqual([null, 'failed']);
  });
});

describe('who is told', () => {
  test('nobody of what they may not see, and managers of a project while they manage it', async () => {
    const manager = await addUser(platform, 'manager@lab.example', { role: 'manager' });
    const { body: project } = await call('POST', 'projects/', { name: 'wings' });
    await call('POST', `projects/${project.id}/members/`, { userId: ann.id });
    const membership = { userId: manager.id, role: 'manager' };
    await call('POST', `projects/${project.id}/members/`, membership);
    using stranger = await watch('', { key: ben.key });
    using stream = await watch('', { key: manager.key });
    await stream.next();
    const inProject = (change: object) => saveJob(platform, definition('true', change), ann.key);
    const first = await inProject({ projectId: project.id });
    await inProject({});
    expect((await stream.next())!.data.job).toMatchObject({ id: first, projectId: project.id });
    await call('DELETE', `projects/${project.id}/members/${manager.id}/`);
    await inProject({ projectId: project.id });
    const own = await saveJob(platform, definition(), manager.key);
    expect((await stream.next())!.data.job.id).toBe(own);
    const his = await saveJob(platform, definition(), ben.key);
    expect(
      (await stranger.until(({ data }) => data.job?.id === his)).slice(1).map(({ data }) => data.job.id),
    ).toEqual([his]);
  });

  test('a manager does not hear of the progress of a job that was taken out of their project', async () => {
    const manager = await addUser(platform, 'manager2@lab.example', { role: 'manager' });
    const { body: project } = await call('POST', 'projects/', { name: 'masts' });
    await call('POST', `projects/${project.id}/members/`, { userId: manager.id, role: 'manager' });
    await call('POST', `projects/${project.id}/members/`, { userId: ann.id });
    // Somebody follows all the time, so that what is known of the job is older than its change.
    using always = await watch('', { key: ann.key });
    const job = definition('sleep 300', { projectId: project.id });
    const id = await submitJob(platform, job, ann.key);
    await always.until(({ type, data }) => type === 'progress' && data.job.id === id);
    using before = await watch(`?job=${id}`, { key: manager.key });
    expect((await before.until(isVerb('progress'))).at(-1)!.data.job.id).toBe(id);
    expect((await call('PATCH', `jobs/${id}/`, { projectId: null }, ann.key)).status).toBe(200);
    using after = await watch('', { key: manager.key });
    const own = await saveJob(platform, definition(), manager.key);
    const heard = await after.until(({ data }) => data.job?.id === own);
    expect(heard.filter(({ data }) => data.job?.id === id)).toEqual([]);
    await call('POST', `jobs/${id}/stop/`, undefined, ann.key);
  });

  test('a key that is revoked or expires ends the stream, in words', async () => {
    const { id, key } = await makeApiKey(platform, { name: 'short' }, ann.key);
    using revoked = await watch('', { key });
    await revoked.next();
    await call('DELETE', `users/me/api-keys/${id}/`, undefined, ann.key);
    expect((await revoked.rest()).at(-1)).toMatchObject({
      type: 'closed',
      data: { detail: 'Invalid token.', hint: expect.any(String) },
    });
    const expiring = await makeApiKey(
      platform,
      { name: 'expires', dateExpires: new Date(Date.now() + 1500).toISOString() },
      ann.key,
    );
    using expired = await watch('', { key: expiring.key });
    await expired.next();
    await until(async () => (await call('GET', 'users/me/', undefined, expiring.key)).status === 401);
    await saveJob(platform, definition(), ben.key);
    expect((await expired.rest()).at(-1)).toMatchObject({
      type: 'closed',
      data: { detail: 'The token has expired.' },
    });
  });

  test('somebody who is made an administrator hears of everything, and as long as they are one', async () => {
    const someone = await addUser(platform, 'promoted@lab.example');
    using stream = await watch('?verb=created', { key: someone.key });
    await stream.next();
    await call('PATCH', `users/${someone.id}/`, { role: 'admin' });
    const seen = await saveJob(platform, definition(), ben.key);
    expect((await stream.next())!.data.job.id).toBe(seen);
    await call('PATCH', `users/${someone.id}/`, { role: 'member' });
    await saveJob(platform, definition(), ben.key);
    const own = await saveJob(platform, definition(), someone.key);
    expect((await stream.next())!.data.job.id).toBe(own);
  });
});

describe('filters', () => {
  test('by jobs, projects and verbs, all at once', async () => {
    const { body: project } = await call('POST', 'projects/', { name: 'sails' });
    const job = await saveJob(platform, definition('true', { projectId: project.id }));
    const other = await saveJob(platform, definition('true', { projectId: project.id }));
    using byProject = await watch(`?project=${project.id}&verb=changed,deleted`);
    using byJob = await watch(`?job=${job},${other}`);
    await saveJob(platform);
    await call('PATCH', `jobs/${job}/`, { name: 'a' });
    await call('PATCH', `jobs/${other}/`, { name: 'b' });
    await saveJob(platform, definition('true', { projectId: project.id }));
    await call('DELETE', `jobs/${job}/`);
    const story = (events: Event[]) => lasting(events).map(({ type, data }) => [type, data.job.id]);
    const expected = [
      ['changed', job],
      ['changed', other],
      ['deleted', job],
    ];
    expect(story(await byProject.until(isVerb('deleted')))).toEqual(expected);
    expect(story(await byJob.until(isVerb('deleted')))).toEqual(expected);
    // Whoever was away while it was deleted asks with the same filter.
    using again = await watch(`?job=${job}`);
    expect(again.status).toBe(200);
  });

  test('that can never fit are refused in words', async () => {
    const theirs = await saveJob(platform, definition(), ann.key);
    const { body: project } = await call('POST', 'projects/', { name: 'keels' });
    const refusals = {
      'verb=nonsense': { verb: [expect.stringMatching(/^"nonsense" is not a valid choice.*created.*ended/)] },
      [`job=${theirs}`]: { job: [`There is no job "${theirs}" that you may see.`] },
      [`project=${project.id}`]: { project: [`There is no project "${project.id}" that you belong to.`] },
      'after=yesterday': { after: [expect.stringContaining('is not the id of an event')] },
      [`job=${Array.from({ length: 101 }, (_, n) => `j${n}`)}`]: { job: [expect.stringContaining('100')] },
    };
    for (const [query, body] of Object.entries(refusals)) {
      const answer = await call('GET', `events/?${query}`, undefined, ben.key);
      expect([query, answer.status, answer.body]).toEqual([query, 400, body]);
    }
    const log = await call('GET', 'events-log/?verb=nonsense');
    expect([log.status, log.body]).toEqual([
      400,
      { verb: [expect.stringMatching(/^"nonsense" is not a valid choice/)] },
    ]);
  });
});

test('a server with open streams stops at once, and the streams end', async () => {
  await using stopping = await startPlatform();
  const streams = await Promise.all(Array.from({ length: 50 }, () => watch('', { on: stopping })));
  expect(await stopping.stop()).toBe(0);
  for (const stream of streams) {
    // What is written down as the server stops may be told.
    expect(lasting(await stream.rest()).every(isVerb('first_used'))).toBe(true);
  }
});

test('one user has a bounded number of streams, and they count with those of jobs', async () => {
  const many = await addUser(platform, 'many@lab.example');
  const open = await Promise.all(Array.from({ length: 1000 }, () => watch('', { key: many.key })));
  const refused = await call('GET', 'events/', undefined, many.key);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
  // All of them hear of the same look.
  const id = await saveJob(platform, definition(), many.key);
  const told = await Promise.all(open.map((stream) => stream.until(isVerb('created'))));
  expect(new Set(told.map((events) => events.at(-1)!.data.job.id))).toEqual(new Set([id]));
  for (const stream of open) {
    stream[Symbol.dispose]();
  }
  await until(async () => {
    using again = await watch('', { key: many.key });
    return again.status === 200;
  });
});
