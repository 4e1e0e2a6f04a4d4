import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isListed, weakTagOf } from '../src/http/entity-tags.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, rawRequest, runJob, saveJob, sendRaw } from './platform-harness.ts';

let platform: Platform;
let jobId: string;
let sweepId: string;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  jobId = (await runJob(platform)).id;
  const variable = {
    ...{ name: 'x', displayOrder: 0, variableType: 'Design', valueGeneratorType: 'Linspace' },
    valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 30 },
  };
  const sweep = definition('true', { jobvariables: [variable] });
  sweepId = (await runJob(platform, sweep)).id;
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL(`/api/v2/${path}`, platform.url), {
    method,
    headers: { authorization: `Token ${platform.apiKey}`, 'accept-encoding': 'identity', ...headers },
  });
}

const POLLED: Record<string, () => string> = {
  'the list of jobs': () => 'jobs/',
  'a job': () => `jobs/${jobId}/`,
  statuses: () => `jobs/${jobId}/statuses/`,
  'cluster statuses': () => `jobs/${jobId}/cluster_statuses/`,
  runs: () => `jobs/${jobId}/runs/`,
  'runs, so many that they are sent as they are read': () => `jobs/${sweepId}/runs/?page_size=30`,
  'a run': () => `jobs/${jobId}/runs/1/`,
  outputs: () => `jobs/${jobId}/files/`,
  'outputs of a run': () => `jobs/${jobId}/runs/1/files/`,
  files: () => 'files/',
  'where the lines of a log begin': () => `jobs/${jobId}/runs/1/line-index/process_output.log`,
  'results of a sweep': () => `jobs/${sweepId}/results/`,
  'results of a sweep as CSV': () => `jobs/${sweepId}/results/?format=csv`,
};

describe.each(Object.keys(POLLED))('%s', (name) => {
  const path = () => POLLED[name]!();

  test('are sent once, and then confirmed', async () => {
    const first = await ask('GET', path());
    const tag = first.headers.get('etag')!;
    expect(tag).toMatch(/^W\/"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toBe('Authorization, X-Quarry-Session, Accept-Encoding');
    expect((await first.text()).length).toBe(Number(first.headers.get('content-length')));

    const again = await ask('GET', path(), { 'if-none-match': tag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    expect(again.headers.get('content-type')).toBeNull();
    for (const header of ['etag', 'cache-control', 'vary']) {
      expect(again.headers.get(header)).toBe(first.headers.get(header));
    }
    expect((await ask('GET', path(), { 'if-none-match': '"another"' })).status).toBe(200);
  });

  test('have the same headers for HEAD', async () => {
    const read = await ask('GET', path());
    const head = await ask('HEAD', path());
    expect(head.status).toBe(200);
    for (const header of ['etag', 'cache-control', 'vary', 'content-type', 'content-length']) {
      expect(head.headers.get(header)).toBe(read.headers.get(header));
    }
    const known = await ask('HEAD', path(), { 'if-none-match': read.headers.get('etag')! });
    expect(known.status).toBe(304);
  });
});

test('a header may list several tags, in either strength, or any', async () => {
  const tag = (await ask('GET', `jobs/${jobId}/`)).headers.get('etag')!;
  const answers = {
    [`"a", ${tag} , "b,c"`]: 304,
    [tag.slice(2)]: 304,
    '*': 304,
    '"a", W/"b"': 200,
    [tag.slice(3)]: 200,
    '': 200,
  };
  for (const [header, status] of Object.entries(answers)) {
    const answer = await ask('GET', `jobs/${jobId}/`, { 'if-none-match': header });
    expect([header, answer.status, answer.headers.get('etag')]).toEqual([header, status, tag]);
  }
});

test('what has changed is sent again', async () => {
  const id = await saveJob(platform);
  const tag = (await ask('GET', `jobs/${id}/`)).headers.get('etag')!;
  await platform.call('PATCH', `/api/v2/jobs/${id}/`, { name: 'another name' });
  const changed = await ask('GET', `jobs/${id}/`, { 'if-none-match': tag });
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(tag);
  expect(await changed.json()).toMatchObject({ name: 'another name' });
});

test('an answer with links for another host is another answer', async () => {
  const name = async (host: string) => {
    const request = rawRequest(platform, 'GET', '/api/v2/')
      .toString('latin1')
      .replace(/Host: .*/, `Host: ${host}`);
    return (await sendRaw(platform, Buffer.from(request, 'latin1'))).headers.etag;
  };
  const [one, two] = [await name('one.example'), await name('two.example')];
  expect(one).toMatch(/^W\//);
  expect(two).not.toBe(one);
});

test('behind a proxy that names the host, the answer depends on what it names', async () => {
  await using behind = await startPlatform({ config: 'trust_proxy = true' });
  const answer = await behind.call('GET', '/api/v2/jobs/');
  expect(answer.headers.get('vary')).toBe(
    'Authorization, X-Quarry-Session, Accept-Encoding, X-Forwarded-Host, X-Forwarded-Proto',
  );
});

test('neither refusals nor answers to changes are tagged', async () => {
  const refused = await ask('GET', 'jobs/nobody/', { 'if-none-match': '*' });
  expect(refused.status).toBe(404);
  expect(refused.headers.get('etag')).toBeNull();
  expect(refused.headers.get('cache-control')).toBe('no-store');
  const made = await platform.call('POST', '/api/v2/jobs/', definition());
  expect(made.headers.get('etag')).toBeNull();
});

test('tags are told apart by their text alone', () => {
  expect(weakTagOf('a')).not.toBe(weakTagOf('b'));
  expect(weakTagOf(Buffer.from('ä'))).toBe(weakTagOf('ä'));
  expect(isListed(undefined, weakTagOf('a'))).toBe(false);
  expect(isListed('W/*', 'W/"a"')).toBe(false);
});
