/** A browser that is signed in, and what else runs on the same host: pages of jobs, on other ports. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { browserProgram, startBrowser, type TestBrowser } from './support/browser.ts';

const isSkipped = browserProgram === null && !process.env.CI;
if (isSkipped) {
  console.warn('Tests in a browser are skipped: Debian has one as the package chromium.');
}

const SHELL = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shell</title>
<meta property="csp-nonce" nonce="__QUARRY_NONCE__"><script type="module" src="/assets/page.js"></script>`;
/** What a page of the platform does: signs in, keeps the token, and sends it. */
const SCRIPT = `
const ask = async (method, path, body) => {
  const token = localStorage.getItem('token');
  const answer = await fetch(path, {
    method,
    headers: { ...(token ? { 'x-quarry-session': token } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text && JSON.parse(text) };
};
globalThis.ask = ask;
globalThis.signIn = async (proof) => {
  const { status, body } = await ask('POST', '/api/session/', proof);
  localStorage.setItem('token', body.token ?? '');
  return status;
};
document.documentElement.dataset.isReady = 'yes';
`;

describe.skipIf(isSkipped)('a browser that is signed in', { timeout: 60_000 }, () => {
  let files: string;
  let platform: Platform;
  let browser: TestBrowser;
  let page: Page;
  /** The web server of a job, on another port of the same host. */
  let neighbour: Server;
  let neighbourUrl: string;
  const seen: IncomingMessage[] = [];

  beforeAll(async () => {
    files = await mkdtemp(join(tmpdir(), 'quarry-shell-'));
    await mkdir(join(files, 'assets'));
    await writeFile(join(files, 'assets', 'page.js'), SCRIPT);
    await writeFile(join(files, 'index.html'), SHELL);
    platform = await startPlatform({ environment: { QUARRY_PORTAL_FILES: files } });
    neighbour = createServer((request, response) => {
      seen.push(request);
      response.setHeader('content-type', 'text/html');
      response.setHeader('set-cookie', `quarry-session-${new URL(platform.url).port}=planted; Path=/api`);
      response.end('<!doctype html><title>A job</title>');
    });
    await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
    neighbourUrl = `http://127.0.0.1:${(neighbour.address() as AddressInfo).port}`;
    browser = await startBrowser();
    page = await browser.context.newPage();
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await platform?.[Symbol.asyncDispose]();
    neighbour?.closeAllConnections();
    neighbour?.close();
    await rm(files, { recursive: true, force: true });
  });

  async function openShell(path = '/jobs/'): Promise<void> {
    await page.goto(new URL(path, platform.url).href);
    await page.locator('html[data-is-ready="yes"]').waitFor();
  }
  const ask = (method: string, path: string, body?: unknown) =>
    page.evaluate(
      `ask(${JSON.stringify(method)}, ${JSON.stringify(path)}, ${JSON.stringify(body) ?? 'undefined'})`,
    ) as Promise<{ status: number; body: { email?: string; fullName?: string } }>;
  const nameNow = async () => (await platform.call('GET', '/api/v2/users/me/')).body.fullName as string;

  test('signs in with a key, works with it, and is still signed in after a reload', async () => {
    await openShell();
    expect(await page.evaluate(`signIn({ key: ${JSON.stringify(platform.apiKey)} })`)).toBe(201);
    await openShell('/jobs/AbCdEf/log/');
    expect((await ask('GET', '/api/v2/users/me/')).status).toBe(200);
    expect((await ask('PATCH', '/api/v2/users/me/', { fullName: 'By a page' })).status).toBe(200);
    expect(await nameNow()).toBe('By a page');
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('gives its cookie to a web server on another port, for whom it is worth nothing', async () => {
    await page.goto(neighbourUrl);
    const cookie = seen.at(-1)!.headers.cookie ?? '';
    expect(cookie).toMatch(/quarry-session-\d+=[\w-]{43}/);
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
    for (const headers of [{ cookie }, { cookie, origin: platform.url }]) {
      expect((await fetch(new URL('/api/v2/users/me/', platform.url), { headers })).status).toBe(401);
    }
  });

  test('is made to change nothing by a page on another port, and that page reads nothing', async () => {
    await page.goto(neighbourUrl);
    const tried = await page.evaluate(`(async () => {
      const path = ${JSON.stringify(new URL('/api/v2/users/me/', platform.url).href)};
      const kinds = [
        [path, { credentials: 'include' }],
        [path, { method: 'PATCH', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{"fullName":"Forged"}' }],
        [path, { method: 'PATCH', credentials: 'include', headers: { 'x-quarry-session': 'x' }, body: '{"fullName":"Forged"}' }],
        [path.replace('users/me/', 'session/'), { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"key":"x"}' }],
      ];
      return Promise.all(kinds.map(([url, options]) => fetch(url, options).then((a) => a.type, () => 'refused')));
    })()`);
    expect(tried).toEqual(['refused', 'refused', 'refused', 'opaque']);
    expect(await nameNow()).toBe('By a page');
  });

  test('goes on beside a cookie that such a page has planted, and is framed by none', async () => {
    await openShell();
    expect((await ask('GET', '/api/v2/users/me/')).status).toBe(200);
    await page.goto(neighbourUrl);
    const framed = await page.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.onload = () => { try { resolve(frame.contentWindow.location.href); } catch { resolve('blocked'); } };
      frame.src = ${JSON.stringify(new URL('/jobs/', platform.url).href)};
      document.body.append(frame);
    })`);
    expect(framed).toBe('blocked');
    expect(page.frames().some((frame) => frame.url().startsWith(`${platform.url}/jobs/`))).toBe(false);
  });

  test('runs no script that came otherwise than from the files of the platform', async () => {
    await openShell();
    const outcome = await page.evaluate(`(async () => {
      const violations = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'globalThis.hasRun = true';
      document.body.append(script);
      const style = document.createElement('style');
      style.nonce = document.querySelector('meta[property="csp-nonce"]').nonce;
      style.textContent = 'body { color: rgb(1, 2, 3) }';
      document.head.append(style);
      await fetch(${JSON.stringify(neighbourUrl)}).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve));
      return { hasRun: globalThis.hasRun ?? false, color: getComputedStyle(document.body).color, violations };
    })()`);
    expect(outcome).toEqual({
      hasRun: false,
      color: 'rgb(1, 2, 3)',
      violations: expect.arrayContaining(['script-src-elem', 'connect-src']),
    });
  });

  test('signs out, after which neither half is there to be used', async () => {
    await openShell();
    expect((await ask('DELETE', '/api/session/')).status).toBe(204);
    expect((await ask('GET', '/api/v2/users/me/')).status).toBe(401);
    const cookies = await browser.context.cookies(platform.url);
    expect(cookies.filter(({ value }) => value.length === 43)).toEqual([]);
  });
});
