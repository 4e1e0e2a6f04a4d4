import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ environment: { QUARRY_PORTAL_FILES: '/nowhere' } });
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
const json = async (answer: Promise<Response>): Promise<any> => (await answer).json();

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(new URL(path, platform.url), { method, headers });

describe('the OpenAPI document', () => {
  it('names the host that was asked and the version that was asked for', async () => {
    const v2 = await json(get('/api/openapi.json'));
    expect(v2.servers).toEqual([{ url: platform.url }]);
    expect(Object.keys(v2.paths)).toContain('/api/v2/jobs/{jobId}/submit/');
    for (const path of ['/api/openapi.json?version=v3', '/api/v3/openapi.json']) {
      const v3 = await json(get(path));
      expect(Object.keys(v3.paths)).toContain('/api/v3/jobs/{jobId}/submit/');
    }
  });

  it('is not sent again to who has it', async () => {
    const first = await get('/api/openapi.json');
    const tag = first.headers.get('etag')!;
    const again = await get('/api/openapi.json', { 'if-none-match': `"other", W/${tag}` });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    expect((await get('/api/openapi.json', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('is refused in words for a version that does not exist', async () => {
    const answer = await get('/api/openapi.json?version=v9');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'unknown_version',
      hint: expect.stringContaining('v3'),
    });
  });
});

describe('the reference', () => {
  it('has every call and every schema of the document, and no link that leads nowhere', async () => {
    const api = await json(get('/api/openapi.json'));
    const page = await (await get('/api/reference/')).text();
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const methods of Object.values<Record<string, { operationId: string }>>(api.paths)) {
      for (const { operationId } of Object.values(methods)) {
        expect(ids).toContain(operationId);
      }
    }
    for (const name of Object.keys(api.components.schemas)) {
      expect(ids).toContain(`schema-${name}`);
    }
    const targets = [...page.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('says of every field, parameter and call what it is, in the words of the document', async () => {
    const api = await json(get('/api/openapi.json'));
    const page = await (await get('/api/reference/')).text();
    const text = page
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    const sentences: string[] = [];
    JSON.stringify([api.paths, api.components.schemas], (key, value) => {
      if (key === 'example' || key === 'examples') {
        return undefined;
      }
      if (key === 'description' && typeof value === 'string') {
        sentences.push(value);
      }
      return value;
    });
    expect(sentences.length).toBeGreaterThan(1000);
    const shown = (sentence: string) =>
      sentence
        .replaceAll('`', '')
        .split(/\n\s*\n/)
        .every((part) => text.includes(part));
    expect(sentences.filter((sentence) => !shown(sentence))).toEqual([]);
  });

  it('loads nothing from elsewhere and runs nothing', async () => {
    for (const path of ['/', '/api/reference/', '/jobs/abcDEF/']) {
      const answer = await get(path);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
      const page = await answer.text();
      expect(page).not.toMatch(/<script|<style| style="| on\w+="/);
      for (const [, address] of page.matchAll(/ (?:src|href)="([^"#][^"]*)"/g)) {
        expect(address).toMatch(/^\/(?!\/)/);
        expect((await get(address!)).status).toBe(200);
      }
    }
  });

  it('lets browsers keep what its pages refer to', async () => {
    const page = await (await get('/')).text();
    const [, style] = /rel="stylesheet" href="([^"]+)"/.exec(page)!;
    const answer = await get(style!);
    expect(answer.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(answer.headers.get('cache-control')).toContain('immutable');
  });
});

describe('the portal', () => {
  it('answers the addresses that scripts write down with the command that helps there', async () => {
    const commands = {
      '/jobs/abcDEF/': 'quarry jobs show abcDEF',
      '/jobs/abcDEF': 'quarry jobs show abcDEF',
      '/jobs/abcDEF/runs/1/results/': 'quarry files download --job abcDEF',
      '/folders/abcDEF/': 'quarry files list',
      '/user/settings/api-key/': 'quarry keys create',
    };
    for (const [path, command] of Object.entries(commands)) {
      const answer = await get(path);
      expect(answer.status, path).toBe(200);
      expect(await answer.text()).toContain(command);
    }
  });

  it('says nothing in the words of whoever made up an address', async () => {
    for (const path of ['/jobs/%3Cscript%3Ealert(1)%3C%2Fscript%3E/', '/jobs/a%20b/', '/folders/../..%2F/']) {
      const answer = await get(path);
      expect(answer.status, path).toBe(404);
      expect(answer.headers.get('content-type')).toContain('application/json');
    }
  });

  it('answers HEAD like GET without the body, and other methods with 405', async () => {
    for (const path of ['/', '/api/reference/', '/api/openapi.json', '/jobs/abcDEF/']) {
      const [whole, head] = [await get(path), await get(path, {}, 'HEAD')];
      expect(head.status).toBe(200);
      expect(head.headers.get('etag')).toBe(whole.headers.get('etag'));
      expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
      expect(await head.text()).toBe('');
      expect((await get(path, {}, 'POST')).status).toBe(405);
    }
  });
});
