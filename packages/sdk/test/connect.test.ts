import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, writeProfile } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'quarry-connect-'));
  env = { HOME: home, QUARRY_STATE_DIR: join(home, 'state') };
});
afterEach(() => rm(home, { recursive: true }));

const origin = async (options: Parameters<typeof connect>[0] = {}) => {
  const { baseUrl, source, sourceKind } = await connect({ env, ...options });
  return { baseUrl, source, sourceKind };
};

async function note(name: string, url: string, pid: number, key: string | null): Promise<void> {
  await mkdir(join(home, 'state', 'servers'), { recursive: true });
  const keyFile = join(home, `${name}.key`);
  if (key !== null) {
    await writeFile(keyFile, `${key}\n`);
  }
  const body = { url, dataDir: `/data/${name}`, pid, keyFile, startedAt: '2026-01-05T09:00:00Z' };
  await writeFile(join(home, 'state', 'servers', `${name}.json`), JSON.stringify(body));
}

test('connect() takes options before a named profile, environment, [default] and a running server', async () => {
  await note('one', 'http://embedded:1', process.pid, 'qry_embedded');
  expect(await origin()).toEqual({
    baseUrl: 'http://embedded:1',
    source: 'server running at http://embedded:1',
    sourceKind: 'embedded',
  });
  await writeProfile('default', { baseUrl: 'http://standard', apiKey: 'a' }, env);
  expect(await origin()).toMatchObject({ baseUrl: 'http://standard', sourceKind: 'profile' });
  env.RESCALE_API_BASE_URL = 'http://environment/';
  env.RESCALE_API_KEY = 'b';
  expect(await origin()).toEqual({
    baseUrl: 'http://environment',
    source: 'environment (RESCALE_API_BASE_URL, RESCALE_API_KEY)',
    sourceKind: 'environment',
  });
  await writeProfile('us', { baseUrl: 'http://us', apiKey: 'c' }, env);
  expect(await origin({ profile: 'us' })).toMatchObject({ baseUrl: 'http://us', sourceKind: 'profile' });
  expect(await origin({ profile: 'us', baseUrl: 'http://given', apiKey: 'd' })).toMatchObject({
    baseUrl: 'http://given',
    sourceKind: 'options',
  });
});

test('the key that was found is the one that is sent', async () => {
  await using platform = await startDouble((_request, response) => json(response, 200, {}));
  await note('one', platform.url, process.pid, 'qry_embedded');
  await (await connect({ env })).users.me();
  env.RESCALE_API_URL = `${platform.url}/api/v3/`;
  env.RESCALE_API_TOKEN = 'fromenv';
  await (await connect({ env })).users.me();
  expect(platform.asked.map(({ headers }) => headers.authorization)).toEqual([
    'Token qry_embedded',
    'Token fromenv',
  ]);
});

test('an address alone takes a key of the same address, never that of another platform', async () => {
  await writeProfile('default', { baseUrl: 'http://standard', apiKey: 'a' }, env);
  expect(await origin({ baseUrl: 'http://standard/api/v2' })).toMatchObject({ sourceKind: 'profile' });
  await expect(connect({ env, baseUrl: 'http://other' })).rejects.toThrow('no key for http://other');
  const other = { ...env, RESCALE_API_BASE_URL: 'http://environment', RESCALE_API_KEY: 'b' };
  await expect(connect({ env: other, baseUrl: 'http://other' })).rejects.toThrow('no key for http://other');
});

test('the key of a named profile does not go to another address', async () => {
  await writeProfile('us', { baseUrl: 'http://us', apiKey: 'c' }, env);
  await expect(connect({ env, profile: 'us', baseUrl: 'http://other' })).rejects.toThrow('does not go to');
  expect(await origin({ profile: 'us', baseUrl: 'http://us/api/v2/' })).toMatchObject({
    sourceKind: 'profile',
  });
});

test('a key in the environment without an address is refused in words', async () => {
  env.RESCALE_API_KEY = 'b';
  const error = await connect({ env }).catch((thrown) => thrown);
  expect(error.message).toContain('RESCALE_API_KEY is set');
  expect(error.hint).toContain('RESCALE_API_BASE_URL');
});

test('an unknown profile names those there are', async () => {
  await writeProfile('us', { baseUrl: 'http://us', apiKey: 'c' }, env);
  const error = await connect({ env, profile: 'eu' }).catch((thrown) => thrown);
  expect(error.message).toContain('no profile "eu"');
  expect(error.hint).toContain('us');
  expect(error.hint).toContain('quarry auth login --profile eu');
});

test('with nothing configured and nothing running, the error says the ways there are', async () => {
  const error = await connect({ env }).catch((thrown) => thrown);
  expect(error.hint).toMatch(/quarry serve[\s\S]*quarry auth login[\s\S]*RESCALE_API_BASE_URL/);
});

test('notes of dead servers and broken notes are passed over', async () => {
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  await note('dead', 'http://dead', dead.pid!, 'x');
  await writeFile(join(home, 'state', 'servers', 'broken.json'), '{"url":');
  await expect(connect({ env })).rejects.toThrow('none runs here');
});

test.skipIf(process.platform !== 'linux')(
  'a server that has ended and was not waited for is none',
  async () => {
    // It ends when its parent has become a program that waits for nobody; a shell would.
    const child = '(until grep -q sleep "/proc/$$/comm"; do :; done)';
    const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [said] = await once(parent.stdout, 'data');
      const pid = Number(said);
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /);
      await note('zombie', 'http://zombie', pid, 'x');
      await expect(connect({ env })).rejects.toThrow('none runs here');
    } finally {
      parent.kill();
    }
  },
);

test('two running servers are listed, and one is taken when its address is named', async () => {
  await note('one', 'http://one:1', process.pid, 'a');
  await note('two', 'http://two:2', process.ppid, 'b');
  await expect(connect({ env })).rejects.toThrow(/http:\/\/one:1[\s\S]*http:\/\/two:2/);
  expect(await origin({ baseUrl: 'http://two:2' })).toMatchObject({ sourceKind: 'embedded' });
});

test('a server whose key cannot be read is said', async () => {
  await note('one', 'http://one:1', process.pid, null);
  await expect(connect({ env })).rejects.toThrow('cannot be read');
});
