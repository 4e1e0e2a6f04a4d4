import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, commandLineOptions, decideConfig } from './config.ts';
import { readEnvironment } from './env.ts';
import { settings } from './settings.ts';

let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'quarry-config-'));
});

afterEach(() => rm(data, { recursive: true, force: true }));

const decide = (line: Record<string, string | boolean> = {}, variables: Record<string, string> = {}) =>
  decideConfig({ data, ...line }, readEnvironment({ HOME: data, ...variables }));

const writeToml = (text: string) => writeFile(join(data, 'quarry.toml'), text);

describe('the configuration', () => {
  it('takes the command line over variables over the file over defaults', async () => {
    expect((await decide()).port).toBe(8080);
    await writeToml('port = 1');
    expect((await decide()).port).toBe(1);
    expect((await decide({}, { QUARRY_PORT: '2' })).port).toBe(2);
    expect((await decide({ port: '3' }, { QUARRY_PORT: '2' })).port).toBe(3);
  });

  it('takes an empty variable for one that is not there', async () => {
    expect((await decide({}, { QUARRY_PORT: '', QUARRY_SANDBOX: '' })).sandbox).toBe('auto');
  });

  it.each([
    [{ port: '70000' }, {}, '--port must be a whole number from 0 to 65535, not "70000".'],
    [{}, { QUARRY_CORES: '1.5' }, 'QUARRY_CORES must be a whole number from 1 to 100000, not "1.5".'],
    [{}, { QUARRY_SANDBOX: 'yes' }, 'QUARRY_SANDBOX must be one of auto, required, off, not "yes".'],
    [{}, { QUARRY_PUBLIC_URL: 'hpc' }, 'QUARRY_PUBLIC_URL must be an address'],
    [{ config: '/does/not/exist.toml' }, {}, 'There is no configuration file at /does/not/exist.toml.'],
    [{ host: '0.0.0.0' }, {}, 'Listening on 0.0.0.0 without TLS'],
  ])('refuses %j with %j in words', async (line, variables, words) => {
    await expect(decide(line, variables)).rejects.toThrow(words);
  });

  it('takes a secret from a variable or the file, and shows it nowhere', async () => {
    expect((await decide()).metricsToken).toBeNull();
    await writeToml('metrics_token = "a-token-of-the-file"');
    expect((await decide()).metricsToken).toBe('a-token-of-the-file');
    const variables = { QUARRY_METRICS_TOKEN: 'a-token-of-the-environment' };
    expect((await decide({}, variables)).metricsToken).toBe('a-token-of-the-environment');
    await writeToml('metrics_token = unquoted-secret');
    await expect(decide()).rejects.not.toThrow('secret');
    const words = /must be 16 to 256 visible ASCII characters without blanks\.$/;
    for (const secret of ['too-short', 'with blanks in it it is none', 'ä'.repeat(20), 'x'.repeat(257)]) {
      await writeToml('');
      await expect(decide({}, { QUARRY_METRICS_TOKEN: secret })).rejects.toThrow(words);
      await writeToml(`metrics_token = ${JSON.stringify(secret)}`);
      const refusal = await decide().catch((error: Error) => error);
      expect((refusal as Error).message).toMatch(/quarry\.toml: metrics_token: 16 to 256 visible/);
      expect((refusal as Error).message).not.toContain(secret);
    }
  });

  it('names the file and the key that make no sense', async () => {
    await writeToml('prot = 3');
    await expect(decide()).rejects.toThrow(/quarry\.toml: .*"prot"/);
    await writeToml('port = "a"');
    await expect(decide()).rejects.toThrow(/quarry\.toml: port: /);
    await writeToml('\nport = = 1');
    await expect(decide()).rejects.toThrow(/quarry\.toml:2: /);
  });

  it('listens beyond this machine when a proxy does TLS or somebody says so', async () => {
    expect((await decide({ host: '0.0.0.0', 'insecure-listen': true })).host).toBe('0.0.0.0');
    await writeToml('trust_proxy = true');
    expect((await decide({ host: '0.0.0.0' })).trustProxy).toBe(true);
  });

  it.each([
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ])('takes %s for this machine itself', async (host) => {
    expect((await decide({ host })).host).toBe(host);
  });

  it.each([
    '127.evil',
    '127.0.0.1.nip.io',
    '127.1',
    '127.0.0.256',
    '127.',
    'localhost.example',
    'localhost.',
    '128.0.0.1',
    '::2',
    '::',
    '::ffff:10.0.0.1',
    'fe80::1%lo',
    '0x7f.0.0.1',
    ' 127.0.0.1',
  ])('takes %j for a place beyond this machine', async (host) => {
    await expect(decide({ host })).rejects.toThrow(`Listening on ${host} without TLS`);
    await writeToml(`host = ${JSON.stringify(host)}`);
    await expect(decide()).rejects.toThrow(ConfigError);
  });

  it('takes an empty host in the file for all addresses', async () => {
    await writeToml('host = ""');
    await expect(decide()).rejects.toThrow('Listening on all addresses without TLS');
  });

  it('takes every setting of the file from a variable, too', async () => {
    const variables = {
      QUARRY_TRUST_PROXY: 'true',
      QUARRY_COMPRESS: '0',
      QUARRY_SESSION_DAYS: '7',
      QUARRY_HOST_NAMES: 'hpc, hpc.lan',
      QUARRY_AGENT_PREFIX: '["/usr/bin/nice", "-n5"]',
    };
    const config = await decide({ host: '0.0.0.0' }, variables);
    expect(config).toMatchObject({
      trustProxy: true,
      compress: false,
      sessionDays: 7,
      agentPrefix: ['/usr/bin/nice', '-n5'],
    });
    expect(config.hostNames).toContain('hpc.lan');
    const source = config.inEffect.find(({ name }) => name === 'trust_proxy');
    expect(source).toMatchObject({ source: 'variable', value: true });
    for (const [name, { key, variable }] of settings) {
      expect(key === undefined || variable?.startsWith('QUARRY_'), name).toBe(true);
    }
    expect(new Set(settings.map(([, { variable }]) => variable).filter(Boolean)).size).toBe(
      settings.filter(([, { variable }]) => variable).length,
    );
  });

  it.each([
    ['QUARRY_TRUST_PROXY', 'yes', 'QUARRY_TRUST_PROXY must be true or false, not "yes".'],
    ['QUARRY_AGENT_PREFIX', 'nice', 'QUARRY_AGENT_PREFIX must be a list of texts in JSON'],
  ])('refuses %s=%s in words', async (name, value, words) => {
    await expect(decide({}, { [name]: value })).rejects.toThrow(words);
  });

  it('knows which variables look like ours and mean nothing', () => {
    const variables = {
      QUARRY_TRUST_PROXIES: '1',
      QUARRY_PORT: '1',
      QUARRY_RUN_ID: '1',
      QUARRY_PARAM_x: '1',
    };
    expect(readEnvironment(variables).unknown).toEqual(['QUARRY_TRUST_PROXIES']);
  });

  it('gives every option of the table to the command line', () => {
    expect(Object.keys(commandLineOptions)).toEqual([
      'data',
      'config',
      'restored',
      'json',
      'end-with',
      'host',
      'port',
      'stand-in',
      'insecure-listen',
      'build-portal',
    ]);
  });
});
