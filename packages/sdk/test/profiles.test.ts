import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profilesPath, readProfiles, removeProfile, writeProfile } from '@quarry/sdk/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let home: string;
let env: Record<string, string>;
const path = () => join(home, 'apiconfig');
const text = () => readFile(path(), 'utf8');

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'quarry-profiles-'));
  env = { HOME: home, RESCALE_CONFIG_FILE: path() };
});
afterEach(() => rm(home, { recursive: true }));

const credentials = {
  baseUrl: 'http://hpc.example.lan:8080',
  apiKey: '0123456789abcdef0123456789abcdef01234567',
};

describe('writeProfile()', () => {
  test('writes the file that readers by line number expect, for its owner only', async () => {
    await writeProfile('default', { ...credentials, baseUrl: 'http://hpc.example.lan:8080/api/v2/' }, env);
    expect(await text()).toBe(
      '[default]\napibaseurl = http://hpc.example.lan:8080\napikey = 0123456789abcdef0123456789abcdef01234567\n',
    );
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });

  test('puts [default] first, keeps other profiles, unknown keys and comments', async () => {
    await writeFile(
      path(),
      "# mine\n\n[us]\nregion = west\napibaseurl = 'https://us.example'\napikey=abc\n\n[default]\napi_key = old\nplatform_url = http://old\napiurl = http://old/api/v3/\ncolour = blue\n",
      { mode: 0o644 },
    );
    await writeProfile('default', credentials, env);
    expect(await text()).toBe(
      `[default]\napibaseurl = http://hpc.example.lan:8080\napikey = ${credentials.apiKey}\napiurl = http://hpc.example.lan:8080/api/v3/\ncolour = blue\n` +
        "\n[us]\nregion = west\napibaseurl = 'https://us.example'\napikey=abc\n# mine\n",
    );
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    await writeProfile('us', { baseUrl: 'https://us2.example', apiKey: 'def' }, env);
    expect((await text()).split('\n\n')[1]).toBe(
      '[us]\napibaseurl = https://us2.example\napikey = def\nregion = west\n# mine\n',
    );
  });

  test('makes the directories of the usual place', async () => {
    const usual = { HOME: home };
    await writeProfile('default', credentials, usual);
    expect(profilesPath(usual)).toBe(join(home, '.config', 'rescale', 'apiconfig'));
    expect(await readProfiles(usual)).toEqual([{ name: 'default', ...credentials }]);
  });

  test.each([
    ['a]b', credentials, 'name of a profile'],
    ['default', { ...credentials, apiKey: 'a b' }, 'characters that no key has'],
    ['default', { ...credentials, baseUrl: 'http://h/a=b' }, 'holds a "="'],
    ['default', { ...credentials, baseUrl: 'somewhere' }, 'not the address'],
  ])('refuses %j with %j', async (name, wrong, words) => {
    await expect(writeProfile(name, wrong, env)).rejects.toThrow(words);
    expect(await readProfiles(env)).toEqual([]);
  });
});

describe('readProfiles()', () => {
  test('understands what other tools write', async () => {
    await writeFile(
      path(),
      '\uFEFF[rescale]\r\nplatform_url: https://one.example\r\nAPI_KEY = "abc"\r\n[two]\r\napiurl = https://two.example/api/v3/\r\napikey = <PROVIDE_VALUE>\r\n',
    );
    expect(await readProfiles(env)).toEqual([
      { name: 'rescale', baseUrl: 'https://one.example', apiKey: 'abc' },
      { name: 'two', baseUrl: 'https://two.example/api/v3/', apiKey: null },
    ]);
  });

  test('no file is no profiles; a directory in its place is said', async () => {
    expect(await readProfiles(env)).toEqual([]);
    await expect(readProfiles({ RESCALE_CONFIG_FILE: home })).rejects.toThrow(home);
  });
});

test('removeProfile() removes one and says whether it was there', async () => {
  await writeProfile('us', credentials, env);
  await writeProfile('default', credentials, env);
  expect(await removeProfile('us', env)).toBe(true);
  expect(await removeProfile('us', env)).toBe(false);
  expect((await readProfiles(env)).map(({ name }) => name)).toEqual(['default']);
});
