import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../testing/small-platform.ts';

test('a request goes with the key, and its fields where the method has them', async () => {
  const seen: unknown[] = [];
  const note = ({ url, headers, body }: { url: URL; headers: object; body: string }) => {
    seen.push([`${url.pathname}${url.search}`, (headers as { authorization: string }).authorization, body]);
    return { body: { ok: true } };
  };
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/': note,
    'PATCH /api/v2/jobs/abcDEF/': note,
    'POST /api/v3/jobs/': note,
    'DELETE /api/v2/jobs/abcDEF/': note,
  });
  const key = `Token ${'a'.repeat(40)}`;
  await runQuarry(['api', 'get', 'jobs/', '-f', 'search=a b', '-f', 'limit=3'], platform);
  await runQuarry(['api', 'PATCH', '/jobs/abcDEF/', '-f', 'name=x', '-f', 'tags=["a"]'], platform);
  const stdin = '{"name":"old","n":1}';
  await runQuarry(['api', 'POST', '/api/v3/jobs/', '--input', '-', '-f', 'name='], { ...platform, stdin });
  await runQuarry(['api', 'DELETE', `${platform.url}/api/v2/jobs/abcDEF/`], platform);
  expect(seen).toEqual([
    ['/api/v2/jobs/?search=a+b&limit=3', key, ''],
    ['/api/v2/jobs/abcDEF/', key, '{"name":"x","tags":["a"]}'],
    ['/api/v3/jobs/', key, '{"name":"","n":1}'],
    ['/api/v2/jobs/abcDEF/', key, ''],
  ]);
});

test('an answer is printed as it comes, and as JSON for programs', async () => {
  const bytes = new Uint8Array([0, 255, 10, 13]);
  await using platform = await startSmallPlatform({
    'GET /api/v2/server/': () => ({ body: { name: 'x', features: ['a', 'b'] } }),
    'GET /api/v2/files/abc/contents/': () => ({ body: bytes }),
    'POST /api/v2/jobs/abc/submit/': () => ({}),
  });
  const call = (...argv: string[]) => runQuarry(['api', ...argv], platform);
  expect((await call('GET', 'server/')).stdout).toBe('{"name":"x","features":["a","b"]}\n');
  expect((await call('GET', 'server/', '--jq', '.features[]')).stdout).toBe('a\nb\n');
  expect((await call('POST', 'jobs/abc/submit/')).stdout).toBe('');
  expect((await call('POST', 'jobs/abc/submit/', '--json')).stdout).toBe('null\n');
  const file = await call('GET', 'files/abc/contents/', '--json');
  expect([file.exitCode, file.stdout]).toEqual([2, '']);
  expect((await call('GET', 'files/abc/contents/')).stdout).toBe(Buffer.from(bytes).toString('utf8'));
  expect(await call('GET', 'nowhere/')).toMatchObject({ exitCode: 4, stdout: '' });
});

test('all pages of a list are one', async () => {
  await using platform = await startSmallPlatform({
    'GET /api/v2/jobs/': ({ url }) => {
      const number = Number(url.searchParams.get('page') ?? 1);
      const next = number < 3 ? `http://elsewhere.example/api/v2/jobs/?page=${number + 1}` : null;
      return { body: { ...page([{ id: `job${number}` }]), next } };
    },
    'GET /api/v2/server/': () => ({ body: {} }),
  });
  const all = await runQuarry(['api', 'GET', 'jobs/', '--paginate', '--jq', '.[].id'], platform);
  expect(all.stdout).toBe('job1\njob2\njob3\n');
  const none = await runQuarry(['api', 'GET', 'server/', '--paginate'], platform);
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('is no list with pages')]);
});

test('what cannot be sent is refused in words, and the key goes to no other platform', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quarry-api-'));
  await using platform = await startSmallPlatform({});
  const file = join(folder, 'body.json');
  await writeFile(file, '[1]');
  for (const [argv, words] of [
    [['FETCH', 'jobs/'], 'There is no method FETCH'],
    [['GET', 'jobs/', '--input', file], 'GET takes no body'],
    [['POST', 'jobs/', '--input', file, '-f', 'a=1'], '--input is none'],
    [['POST', 'jobs/', '--paginate'], 'which GET reads'],
    [['GET', 'jobs/', '-f', 'x'], 'NAME=VALUE'],
    [['GET', 'http://elsewhere.example/api/v2/jobs/'], 'is no address of the platform'],
  ] as const) {
    const { exitCode, stderr } = await runQuarry(['api', ...argv], platform);
    expect([exitCode === 0, stderr]).toEqual([false, expect.stringContaining(words)]);
  }
  expect(platform.requests).toEqual([]);
  await rm(folder, { recursive: true });
});
