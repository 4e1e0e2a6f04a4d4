import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, logOf, runJob, saveJob } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown) =>
  platform.call(method, `/api/v2/jobs/${path}`, body);
const set = (id: string, body: unknown) => call('POST', `${id}/custom-fields/`, body);
/** As they are answered. */
const fields = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { meta: { name }, value }]));

test.each(['v2', 'v3'])(
  'fields that are set in %s are on the job and in its log of events',
  async (version) => {
    const id = await saveJob(platform);
    const path = `/api/${version}/jobs/${id}/custom-fields/`;
    expect((await platform.call('GET', path)).body).toEqual({});
    const values = {
      'Auto Download': 'Enabled',
      größe: 1.5,
      'a.b': { c: [null, true, { d: '' }] },
      '': undefined,
    };
    const answer = await platform.call('POST', path, values);
    const expected = fields({
      'Auto Download': 'Enabled',
      größe: 1.5,
      'a.b': { c: [null, true, { d: '' }] },
    });
    expect([answer.status, answer.body]).toEqual([200, expected]);
    expect((await platform.call('GET', path)).body).toEqual(expected);
    expect((await call('GET', `${id}/`)).body.customFields).toEqual(expected);
    const { body } = await platform.call('GET', `/api/v2/events-log/?subject=job:${id}&verb=changed`);
    expect(body.results).toMatchObject([{ detail: { fields: ['customFields'] } }]);
  },
);

test('what is not named stays, null takes away, and an empty body changes nothing', async () => {
  const id = await saveJob(platform);
  await set(id, { a: 1, b: 2, A: 3, c: false });
  expect((await set(id, { a: null, b: 0, never: null })).body).toEqual(fields({ b: 0, A: 3, c: false }));
  expect((await set(id, {})).body).toEqual(fields({ b: 0, A: 3, c: false }));
  const events = await platform.call('GET', `/api/v2/events-log/?subject=job:${id}&verb=changed`);
  expect(events.body.count).toBe(2);
  await call('PATCH', `${id}/`, { name: 'renamed', customFields: {} });
  expect((await call('GET', `${id}/custom-fields/`)).body).toEqual(fields({ b: 0, A: 3, c: false }));
  const clone = await call('POST', `${id}/clone/`, {});
  expect(clone.body.customFields).toEqual({});
});

test('the command of a job sets them by the key of its job, and they change after its end', async () => {
  const url = '$RESCALE_API_BASE_URL/api/v2/jobs/$RESCALE_JOB_ID/custom-fields/';
  const noting = `curl -sS --fail -H "Authorization: Token $RESCALE_API_KEY" -H 'Content-Type: application/json' -d '{"Cd": 0.31}' "${url}"`;
  const { id, outcome, customFields } = await runJob(platform, definition(noting));
  expect(`${outcome} ${await logOf(platform, id)}`).toMatch(/^success .*"value":0\.31/s);
  expect(customFields).toEqual(fields({ Cd: 0.31 }));
  expect((await set(id, { Cd: null, seen: true })).body).toEqual(fields({ seen: true }));
});

test.each([
  ['[1]', /object|dictionary/i],
  ['"text"', /object|dictionary/i],
  ['{"": 1}', /blank/],
  ['{"  ": 1}', /blank/],
  [`{"${'x'.repeat(256)}": 1}`, /255 characters/],
  ['{"__proto__": {"polluted": 1}}', /__proto__/],
  [`{"a": "${'x'.repeat(262_144)}"}`, /262144/],
  [
    JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, i]))),
    /101 fields.*100/,
  ],
])('is refused in words when it cannot be kept (%#)', async (text, words) => {
  const id = await saveJob(platform);
  const response = await fetch(new URL(`/api/v2/jobs/${id}/custom-fields/`, platform.url), {
    method: 'POST',
    headers: { authorization: `Token ${platform.apiKey}`, 'content-type': 'application/json' },
    body: text,
  });
  expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(words)]);
  expect((await call('GET', `${id}/custom-fields/`)).body).toEqual({});
});

test('names that objects have of themselves are names like any other', async () => {
  const id = await saveJob(platform);
  const values = { constructor: 'c', toString: 't', hasOwnProperty: 'h', meta: 'm', value: 'v' };
  expect((await set(id, values)).body).toEqual(fields(values));
  expect((await call('GET', `${id}/`)).body.customFields).toEqual(fields(values));
});

test('none of twenty that are set at the same moment is lost', async () => {
  const id = await saveJob(platform);
  const names = Array.from({ length: 20 }, (_, index) => `field ${index}`);
  await Promise.all(names.map((name, index) => set(id, { [name]: index })));
  expect(Object.keys((await call('GET', `${id}/custom-fields/`)).body).sort()).toEqual(names.sort());
});
