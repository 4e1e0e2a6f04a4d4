/** What a browser gets of the portal: a shell at each of its addresses, assets for good, and words where it is not built. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../src/logger.ts';
import { ADDRESSES, areParameters } from '../src/portal/addresses.ts';
import { createPortalBuild } from '../src/portal/build.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { rawRequest, sendRaw } from './platform-harness.ts';

const SHELL = `<!doctype html><meta property="csp-nonce" nonce="__QUARRY_NONCE__">
<script type="module" src="/assets/index-AbC_d-1.js" nonce="__QUARRY_NONCE__"></script>`;
const SCRIPT = `export const text = ${JSON.stringify('x'.repeat(5000))};`;

let base: string;
let files: string;
let platform: Platform;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'quarry-portal-'));
  files = join(base, 'dist');
  platform = await startPlatform({ environment: { QUARRY_PORTAL_FILES: files } });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(base, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(new URL(path, platform.url), { method, headers, redirect: 'manual' });
const concrete = (path: string) => path.replace(/:\w+/g, 'AbCdEf');

async function build(shell = SHELL): Promise<void> {
  await mkdir(join(files, 'assets'), { recursive: true });
  await writeFile(join(files, 'assets', 'index-AbC_d-1.js'), SCRIPT);
  await writeFile(join(files, 'assets', 'index-AbC_d-1.js.br'), brotliCompressSync(SCRIPT));
  await writeFile(join(files, 'assets', 'index-AbC_d-1.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(files, 'assets', 'plain.css'), 'p {}');
  await writeFile(join(files, 'secret.txt'), 'secret');
  await writeFile(join(files, 'index.html'), shell);
}

test('while it is not built, each address says so in words, and the rest works', async () => {
  for (const path of ADDRESSES) {
    const answer = await get(concrete(path));
    expect([path, answer.status]).toEqual([path, 200]);
    expect(await answer.text()).toContain('The files of the portal are not there.');
  }
  expect((await get('/assets/index-AbC_d-1.js')).status).toBe(404);
  expect((await get('/api/reference/')).status).toBe(200);
});

describe('when it is built, without a start of the server,', () => {
  beforeAll(() => build());

  test('each address is the shell, with and without a slash, and no other one is', async () => {
    for (const path of ADDRESSES) {
      for (const asked of new Set([concrete(path), concrete(path).replace(/(.)\/$/, '$1')])) {
        const answer = await get(asked);
        expect([asked, answer.status]).toEqual([asked, 200]);
        expect(await answer.text()).toContain('/assets/index-AbC_d-1.js');
      }
    }
    for (const path of [
      '/nothing/',
      '/jobs/a/b/c/',
      '/jobs/a%20b/',
      '/jobs/%3Cb%3E/',
      '/software/a%2Fb/',
      '/admin/',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
    expect((await get('/software/openfoam_plus-2.4/')).status).toBe(200);
    expect(await (await get('/api/reference/')).text()).toContain('createJob');
  });

  test('the shell is kept by nobody, and its nonce is that of its policy and of this answer alone', async () => {
    const nonces = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const answer = await get('/jobs/');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = answer.headers.get('content-security-policy')!;
      const nonce = /style-src 'self' 'nonce-([\w-]{22})';/.exec(policy)![1]!;
      const text = await answer.text();
      expect(text.split(`nonce="${nonce}"`)).toHaveLength(3);
      expect(text).not.toContain('__QUARRY_NONCE__');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  test('its policy lets pages load from here, and run nothing that came otherwise', async () => {
    const policy = (await get('/')).headers
      .get('content-security-policy')!
      .replace(/nonce-[\w-]+/, 'nonce-X');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'nonce-X'",
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "frame-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ]);
  });

  test.each([
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip;q=0', null],
    ['', null],
  ])('assets are for good, and come as they were compressed: to %j', async (accepted, coding) => {
    const answer = await get('/assets/index-AbC_d-1.js', { 'accept-encoding': accepted });
    expect(answer.headers.get('content-encoding')).toBe(coding);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('vary')).toMatch(/accept-encoding/i);
    expect(await answer.text()).toBe(SCRIPT);
  });

  test('an asset without a compressed one beside it comes as it is, and HEAD tells of both', async () => {
    const plain = await get('/assets/plain.css', { 'accept-encoding': 'br' });
    expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, 'p {}']);
    for (const [name, coding] of [
      ['plain.css', null],
      ['index-AbC_d-1.js', 'br'],
    ] as const) {
      const [whole, head] = [
        await get(`/assets/${name}`, { 'accept-encoding': 'br' }),
        await get(`/assets/${name}`, { 'accept-encoding': 'br' }, 'HEAD'),
      ];
      expect([head.status, head.headers.get('content-encoding'), await head.text()]).toEqual([
        200,
        coding,
        '',
      ]);
      expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
      await whole.arrayBuffer();
    }
  });

  test.each([
    '/assets/../secret.txt',
    '/assets/..%2Fsecret.txt',
    '/assets/..%2findex.html',
    '/assets/%2e%2e%2fsecret.txt',
    '/assets/.hidden.js',
    '/assets/index-AbC_d-1.js.br',
    '/assets/index-AbC_d-1.js%00',
    '/assets/',
    '/secret.txt',
    '/index.html',
    '/.vite/manifest.json',
  ])('nothing else of its files is given out: %s', async (path) => {
    const answer = await sendRaw(
      platform,
      rawRequest(platform, 'GET', path, { headers: ['Connection: close'] }),
    );
    expect(answer.status).toBe(404);
  });

  test('a later build counts at once', async () => {
    await build(SHELL.replace('index-AbC_d-1', 'index-Other'));
    await utimes(join(files, 'index.html'), new Date(), new Date(Date.now() + 5000));
    expect(await (await get('/')).text()).toContain('/assets/index-Other.js');
  });
});

const paths = fileURLToPath(new URL('../../portal/src/paths.ts', import.meta.url));
test('the portal has the addresses that are served, and no others', async () => {
  const portal = (await import(paths)) as {
    ADDRESSES: readonly string[];
    areParameters: typeof areParameters;
  };
  expect([...portal.ADDRESSES].sort()).toEqual([...ADDRESSES].sort());
  const cases: Record<string, string>[] = [
    { jobId: 'AbCdEf' },
    { jobId: '' },
    { jobId: 'a-b' },
    { jobId: 'a'.repeat(65) },
    { code: 'openfoam_plus-2.4' },
    { code: 'a b' },
    { runId: '1', code: '<' },
  ];
  for (const parameters of cases) {
    expect(portal.areParameters(parameters)).toBe(areParameters(parameters));
  }
});

describe('a build of the sources', () => {
  /** A small package that Vite builds for real. */
  async function makePackage(main = 'document.title = "small";\n') {
    const directory = await mkdtemp(join(tmpdir(), 'quarry-portal-build-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await mkdir(join(directory, 'src'));
    await symlink(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      join(directory, 'node_modules'),
    );
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    await writeFile(join(directory, 'vite.config.ts'), 'export default { publicDir: false };\n');
    await writeFile(join(directory, 'index.html'), '<script type="module" src="/src/main.ts"></script>');
    await writeFile(join(directory, 'src', 'main.ts'), main);
    const environment = { path: process.env.PATH!, home: directory };
    return {
      directory,
      begin: async () => {
        await using build = createPortalBuild({ logger: createLogger('silent'), environment, directory });
        await build.begin();
        return build.state;
      },
      start: () => createPortalBuild({ logger: createLogger('silent'), environment, directory }),
      assets: async () => (await readdir(join(directory, 'dist', 'assets')).catch(() => [])).join(),
    };
  }

  test('is made when there is none and when a source is newer, and not otherwise', async () => {
    const { directory, begin, assets } = await makePackage();
    expect(await begin()).toBe('none');
    const first = await assets();
    expect(first).toMatch(/^index-.+\.js$/);
    await utimes(join(directory, 'dist', 'assets'), 1000, 1000);
    await begin();
    expect((await readdir(join(directory, '.build'))).length).toBe(0);
    await writeFile(join(directory, 'src', 'main.ts'), 'document.title = "other";\n');
    const later = new Date(Date.now() + 60_000);
    await utimes(join(directory, 'src', 'main.ts'), later, later);
    expect(await begin()).toBe('none');
    expect(await assets()).not.toBe(first);
  });

  test('that fails leaves the one that was there', async () => {
    const { directory, begin, assets } = await makePackage();
    await begin();
    const first = await assets();
    const main = join(directory, 'src', 'main.ts');
    await writeFile(main, 'import "./nothing.ts";\n');
    const later = new Date(Date.now() + 60_000);
    await utimes(main, later, later);
    expect(await begin()).toBe('failed');
    expect(await assets()).toBe(first);
    expect(await readdir(join(directory, '.build'))).toEqual([]);
  });

  test('ends with the server, and leaves nothing half made', async () => {
    const { directory, start, assets } = await makePackage();
    const build = start();
    const over = build.begin();
    await expect.poll(() => existsSync(join(directory, '.build'))).toBe(true);
    await build[Symbol.asyncDispose]();
    await over;
    expect(await assets()).toBe('');
    expect(await readdir(join(directory, '.build'))).toEqual([]);
  });

  test('is nothing where there are no sources, as in a package that was installed', async () => {
    const { directory, begin } = await makePackage();
    await rm(join(directory, 'vite.config.ts'));
    expect(await begin()).toBe('none');
    expect(existsSync(join(directory, 'dist'))).toBe(false);
  });
});
