import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { rawRequest, sendRaw } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** A page of a list, as the server sends it. */
async function send(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(path, platform.url), {
    headers: { authorization: `Token ${platform.apiKey}`, ...headers },
  });
  return { response, text: await response.text() };
}

describe('a list', () => {
  const list = async (query: string, headers: Record<string, string> = {}) => {
    const { response, text } = await send(`/api/v2/coretypes/${query}`, headers);
    return { status: response.status, body: JSON.parse(text) };
  };
  const size = async () => (await list('')).body.count as number;

  test('is walked to its end by its links, each item once, in both directions', async () => {
    const total = await size();
    let url: string | null = `${platform.url}/api/v2/coretypes?page_size=3&isActive=&search=`;
    const seen: string[] = [];
    const previous: Array<string | null> = [];
    while (url) {
      const { text } = await send(url);
      const page = JSON.parse(text);
      expect(page.count).toBe(total);
      seen.push(...page.results.map(({ code }: { code: string }) => code));
      previous.push(page.previous);
      if (page.next) {
        const link = new URL(page.next);
        expect(link.origin).toBe(platform.url);
        expect(link.pathname).toBe('/api/v2/coretypes');
        expect([link.searchParams.get('page_size'), link.searchParams.has('search')]).toEqual(['3', true]);
      }
      url = page.next;
    }
    expect(seen).toHaveLength(total);
    expect(new Set(seen).size).toBe(total);
    expect(previous[0]).toBeNull();
    expect(new URL(previous[1]!).searchParams.get('page')).toBe('1');
  });

  test('has pages of 10 in v2 and of 25 in v3, and of whatever is asked for up to 1000', async () => {
    expect((await list('')).body.results).toHaveLength(10);
    const { text } = await send('/api/v3/coretypes/');
    expect(JSON.parse(text).results.length).toBe(Math.min(25, await size()));
    for (const asked of ['1000', '1848', '9999', '1e3']) {
      const { status, body } = await list(`?page_size=${asked}`);
      if (asked === '1e3') {
        expect(status).toBe(400);
      } else {
        expect([body.next, body.results.length]).toEqual([null, await size()]);
      }
    }
    expect((await list('?page_size=0')).body.results).toHaveLength(1);
    expect((await list('?page_size=-5')).body.results).toHaveLength(1);
  });

  test('has no page behind the last', async () => {
    const pages = Math.ceil((await size()) / 10);
    expect((await list(`?page=${pages}`)).body.next).toBeNull();
    for (const page of [pages + 1, 999_999, Number.MAX_SAFE_INTEGER]) {
      const { status, body } = await list(`?page=${page}&page_size=1000`);
      expect([status, body.detail]).toEqual([404, expect.stringContaining('Invalid page')]);
    }
  });

  test('that is empty is one empty page', async () => {
    const { text } = await send('/api/v2/jobs/?search=there-is-no-such-job');
    expect(JSON.parse(text)).toEqual({ count: 0, next: null, previous: null, results: [] });
  });

  test.each(['page=0', 'page=-1', 'page=abc', 'page=1.5', 'page=99999999999999999999', 'page_size=abc'])(
    'refuses %s under the field',
    async (query) => {
      const { status, body } = await list(`?${query}`);
      expect(status).toBe(400);
      expect(body).toEqual({ [query.split('=')[0]!]: [expect.stringMatching(/integer|greater/)] });
    },
  );

  test('takes the last of repeated parameters and no notice of empty and unknown ones', async () => {
    const { status, body } = await list('?page_size=3&page_size=4&page=&colour=green');
    expect([status, body.results.length]).toEqual([200, 4]);
  });

  test('links to where the requester asked, whatever a stranger forwards', async () => {
    const request = rawRequest(platform, 'GET', '/api/v2/coretypes/?page_size=2', {
      headers: ['X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https'],
    })
      .toString('latin1')
      .replace(/Host: .*/, 'Host: quarry.lab.example:8443');
    const { text } = await sendRaw(platform, request);
    expect(JSON.parse(text).next).toMatch(/^http:\/\/quarry\.lab\.example:8443\/api\/v2\/coretypes\/\?/);
  });

  test.each(['a b', 'a/b', 'a@b', 'a"b', 'a:b:c', '[::1', ''])(
    'makes no links out of the Host header %j',
    async (host) => {
      const request = rawRequest(platform, 'GET', '/api/v2/coretypes/?page_size=2')
        .toString('latin1')
        .replace(/Host: .*/, `Host: ${host}`);
      const { status } = await sendRaw(platform, request);
      expect(status).toBe(400);
    },
  );
});

test('a proxy that is trusted says where its clients are', async () => {
  await using behind = await startPlatform({ config: 'trust_proxy = true\n' });
  const next = async (forwarded: Record<string, string>) => {
    const response = await fetch(`${behind.url}/api/v2/coretypes/?page_size=2`, {
      headers: { authorization: `Token ${behind.apiKey}`, ...forwarded },
    });
    return ((await response.json()) as { next: string }).next;
  };
  const forwarded = { 'x-forwarded-host': 'quarry.example, inner', 'x-forwarded-proto': 'https' };
  expect(await next(forwarded)).toMatch(/^https:\/\/quarry\.example\/api\/v2\/coretypes\//);
  expect((await next({})).startsWith(`${behind.url}/`)).toBe(true);
});
