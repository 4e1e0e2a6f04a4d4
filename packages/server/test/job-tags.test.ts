import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, logOf, runJob, saveJob } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key?: string) =>
  platform.call(method, `/api/v2/jobs/${path}`, body, key);
const tagsOf = async (id: string) =>
  ((await call('GET', `${id}/tags/`)).body as Array<{ name: string }>).map(({ name }) => name);
const userTags = async (id: string) =>
  ((await call('GET', `${id}/`)).body.userTags as Array<{ name: string }>).map(({ name }) => name);

describe('a tag', () => {
  test.each(['v2', 'v3'])(
    'that is added in %s is on the job, in lists, and in its history',
    async (version) => {
      const id = await saveJob(platform);
      const path = `/api/${version}/jobs/${id}/tags/`;
      const added = await platform.call('POST', path, { name: 'Study:abc' });
      expect([added.status, added.body]).toEqual([201, { name: 'Study:abc', normalizedName: 'study:abc' }]);
      const listed = await platform.call('GET', path);
      expect([listed.status, listed.body]).toEqual([200, [added.body]]);
      expect(await userTags(id)).toEqual(['Study:abc']);
      const { body } = await platform.call('GET', `/api/v2/events-log/?subject=job:${id}&verb=changed`);
      expect(body.results).toMatchObject([{ detail: { fields: ['tags'] } }]);
    },
  );

  test('is the same data as the tags of the definition', async () => {
    const id = await saveJob(platform, definition('true', { tags: ['first', 'Second'] }));
    expect(await tagsOf(id)).toEqual(['first', 'Second']);
    await call('POST', `${id}/tags/`, { name: 'third' });
    await call('PATCH', `${id}/`, { name: 'renamed' });
    expect(await userTags(id)).toEqual(['first', 'Second', 'third']);
    await call('PATCH', `${id}/`, { tags: ['fourth'] });
    expect(await tagsOf(id)).toEqual(['fourth']);
    const clone = await call('POST', `${id}/clone/`, {});
    expect(await tagsOf(clone.body.id)).toEqual(['fourth']);
  });

  test('that is there already stays as it was written, whoever repeats it', async () => {
    const id = await saveJob(platform);
    const names = ['Größe', 'GRÖSSE', 'größe', 'Größe'];
    const answers = await Promise.all(names.map((name) => call('POST', `${id}/tags/`, { name })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(await tagsOf(id)).toEqual(['Größe', 'GRÖSSE']);
    expect(answers[2]!.body.name).toBe('Größe');
  });

  test.each([
    ['the body', (id: string, name: string) => call('DELETE', `${id}/tags/`, { name })],
    [
      'the query',
      (id: string, name: string) => call('DELETE', `${id}/tags/?name=${encodeURIComponent(name)}`),
    ],
    ['the path', (id: string, name: string) => call('DELETE', `${id}/tags/${encodeURIComponent(name)}/`)],
  ])('is taken away by %s, in any case of letters, and again without an error', async (how, remove) => {
    // A client of HTTP takes `..` in a path for itself and asks for the path above.
    const names = [
      'autoDownloaded:true',
      'a/b c?d#e%2F',
      'ünïcode 名',
      'tags',
      ...(how === 'the path' ? [] : ['..']),
    ];
    const id = await saveJob(platform, definition('true', { tags: [...names, 'kept'] }));
    for (const name of names) {
      for (let time = 0; time < 2; time++) {
        const { status, body } = await remove(id, name.toUpperCase().replace('A/B', 'a/B'));
        expect([name, status, body]).toEqual([name, 204, undefined]);
      }
    }
    expect(await tagsOf(id)).toEqual(['kept']);
    expect(await userTags(id)).toEqual(['kept']);
  });

  test('is changed on a job that has ended, by the command with the key of its job too', async () => {
    const url = `$RESCALE_API_BASE_URL/api/v3/jobs/$RESCALE_JOB_ID/tags/`;
    const tagging = `curl -sS --fail -H "Authorization: Token $RESCALE_API_KEY" -H 'Content-Type: application/json' -d '{"name": "from inside"}' "${url}"`;
    const { id, outcome } = await runJob(platform, definition(tagging));
    expect(`${outcome} ${await logOf(platform, id)}`).toMatch(/^success .*from inside/);
    expect(await tagsOf(id)).toEqual(['from inside']);
    await call('POST', `${id}/tags/`, { name: 'seen' });
    await call('DELETE', `${id}/tags/from%20inside/`);
    expect(await tagsOf(id)).toEqual(['seen']);
  });

  test.each([
    [{}, /required/],
    [{ name: '' }, /blank/],
    [{ name: '   ' }, /blank/],
    [{ name: null }, /null/],
    [{ name: ['a'] }, /string/],
    [{ name: 'a\0b' }, /Null characters/],
    [{ name: 'x'.repeat(256) }, /255 characters/],
  ])('is refused in words when it is none: %j', async (body, words) => {
    const id = await saveJob(platform);
    const answer = await call('POST', `${id}/tags/`, body);
    expect([answer.status, answer.body.name[0]]).toEqual([400, expect.stringMatching(words)]);
    expect(await tagsOf(id)).toEqual([]);
  });

  test('beyond the hundredth is refused, and one of the hundred is not', async () => {
    const tags = Array.from({ length: 100 }, (_, index) => `tag ${index}`);
    const id = await saveJob(platform, definition('true', { tags }));
    expect((await call('POST', `${id}/tags/`, { name: 'TAG 7' })).status).toBe(201);
    const { status, body } = await call('POST', `${id}/tags/`, { name: 'one more' });
    expect([status, body.name]).toEqual([400, [expect.stringMatching(/has 100 tags, and may have 100/)]]);
    await call('DELETE', `${id}/tags/`, { name: 'tag 7' });
    expect((await call('POST', `${id}/tags/`, { name: 'one more' })).status).toBe(201);
  });

  test('that nobody or two places name is refused', async () => {
    const id = await saveJob(platform, definition('true', { tags: ['a', 'b'] }));
    expect((await call('DELETE', `${id}/tags/`)).body.name).toEqual([expect.stringMatching(/required/)]);
    const both = await call('DELETE', `${id}/tags/?name=a`, { name: 'b' });
    expect([both.status, both.body.name]).toEqual([400, [expect.stringMatching(/"a".*"b"/)]]);
    expect(await tagsOf(id)).toEqual(['a', 'b']);
  });

  test('loses none of twenty that come at the same moment, submit and change in between', async () => {
    const id = await saveJob(platform);
    const names = Array.from({ length: 20 }, (_, index) => `tag ${index}`);
    const answers = await Promise.all([
      ...names.map((name) => call('POST', `${id}/tags/`, { name })),
      call('POST', `${id}/submit/`),
      call('PATCH', `${id}/`, { description: 'changed' }),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect((await tagsOf(id)).sort()).toEqual(names.sort());
  });
});

describe('the list of jobs', () => {
  test('has those with a tag, however it is written, and nobody else’s', async () => {
    const other = await addUser(platform, 'other@lab.example');
    const saved = await saveJob(platform, definition('true', { name: 'saved', tags: ['Straße 7', 'x'] }));
    const added = await saveJob(platform, definition('true', { name: 'added' }));
    await call('POST', `${added}/tags/`, { name: 'STRAßE 7' });
    const changed = await saveJob(platform, definition('true', { name: 'changed', tags: ['straße 7'] }));
    await call('PATCH', `${changed}/`, { tags: ['y'] });
    const theirs = definition('true', { name: 'theirs', tags: ['straße 7'] });
    await saveJob(platform, theirs, other.key);
    const list = async (query: string, key?: string) =>
      (await call('GET', `?${query}`, undefined, key)).body.results.map((job: { name: string }) => job.name);
    const tag = encodeURIComponent('sTraße 7');
    expect(await list(`tag=${tag}`, other.key)).toEqual(['theirs']);
    expect(await list(`tag=${tag}&f=1`)).toEqual(['added', 'saved']);
    expect(await list(`tag=${tag}&search=sav`)).toEqual(['saved']);
    expect(await list('tag=nobody+has+it')).toEqual([]);
    await call('DELETE', `${saved}/tags/?name=${tag}`);
    expect(await list(`tag=${tag}&f=1`)).toEqual(['added']);
  });
});
