/** The command `quarry` as its tarball gives it to strangers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { built, type EmptyFolder, emptyFolder } from './built.ts';
import { startRegistry } from './registry.ts';

let folder: EmptyFolder;
let quarry: string;
let asked: string[];
beforeAll(async () => {
  await using registry = await startRegistry();
  folder = await emptyFolder(registry.url);
  quarry = join(folder.path, 'bin/quarry');
  const options = ['--global', '--prefix', folder.path, '--ignore-scripts', '--no-audit', '--no-fund'];
  await folder.run('npm', 'install', ...options, built('quarry'));
  asked = [...registry.names];
}, 180_000);
afterAll(() => folder[Symbol.asyncDispose]());

test('nothing of ours is asked for in a registry, and no script of a package has to run', () => {
  expect(asked).toContain('fastify');
  expect(asked.filter((name) => name === 'quarry' || name.startsWith('@quarry/'))).toEqual([]);
});

test('it holds what was compiled, and nothing of the tests', async () => {
  const all = await readdir(join(folder.path, 'lib/node_modules/quarry/packages'), { recursive: true });
  expect(all.filter((name) => /\.ts$|(^|\/)(test|testing)\//.test(name))).toEqual([]);
});

test('the demo runs', async () => {
  const demo = JSON.parse(await folder.run(quarry, 'demo', '--json', '--quiet')) as { pi: number };
  expect(demo.pi).toBeCloseTo(Math.PI, 6);
  expect(await readdir(join(folder.path, 'quarry-demo-output'))).toContain('pi_estimate.bin');
});

test('its server has the portal, and its own words for the version', async () => {
  const server = spawn(quarry, ['serve', '--data', join(folder.path, 'data'), '--port', '0', '--json'], {
    cwd: folder.path,
    env: { PATH: process.env.PATH, HOME: folder.path, TMPDIR: process.env.TMPDIR },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const shell = await (await fetch(`${url}/jobs`, { headers: { accept: 'text/html' } })).text();
    const script = /src="(\/[^"]*\.js)"/.exec(shell)?.[1];
    expect(script, shell).toBeDefined();
    expect((await fetch(new URL(script!, url))).status).toBe(200);
    const { version } = JSON.parse(
      await readFile(join(folder.path, 'lib/node_modules/quarry/package.json'), 'utf8'),
    ) as { version: string };
    expect(await folder.run(quarry, '--version')).toBe(`${version}\n`);
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
});
