import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-upload-'));
  for (const name of ['a', 'b', 'c']) {
    await writeFile(join(folder, name), name);
  }
});
afterEach(() => rm(folder, { recursive: true }));

const inFolder = (...names: string[]) => names.map((name) => join(folder, name));

/** Stores every file but b. */
const storesNoB: Record<string, Route> = {
  'POST /api/v2/files/contents/': ({ body }) => {
    const name = /filename="(.)"/.exec(body)![1]!;
    if (name === 'b') {
      return { status: 400, body: { file: ['b is not welcome.'] } };
    }
    return { status: 201, body: { id: `id-of-${name}`, name, decryptedSize: 1, fileChecksums: [] } };
  },
};

test('nothing is sent when one of the paths is not there', async () => {
  await using platform = await startSmallPlatform(storesNoB);
  const { exitCode, stderr } = await runQuarry(['files', 'upload', ...inFolder('a', 'none')], platform);
  expect({ exitCode, requests: platform.requests }).toEqual({ exitCode: 2, requests: [] });
  expect(stderr).toContain(`There is no file ${join(folder, 'none')}.`);
});

test('what in a folder cannot be uploaded is left out, and each of it is told', async () => {
  await using platform = await startSmallPlatform(storesNoB);
  await rm(join(folder, 'b'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await symlink('someone@host.1234', join(folder, '.#a'));
  await symlink('.', join(folder, 'up'));
  await symlink('round', join(folder, 'round'));
  await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x64, 0xff])]), 'd');
  const argv = ['files', 'upload', folder, '--recursive'];
  const { exitCode, stdout, stderr } = await runQuarry(argv, platform);
  const words = [
    'd\ufffd has a name that is not UTF-8.',
    '.#a is a link to something that is not there.',
    'pipe is a named pipe and not a file.',
    'round leads in a circle of symbolic links.',
    'up is a link that leads back to a directory above it.',
  ];
  for (const each of words) {
    expect(stderr).toContain(`${folder}/${each} It was left out.`);
  }
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/id-of-a.*\n.*id-of-c/)]);
  const asJson = JSON.parse((await runQuarry([...argv, '--json'], platform)).stdout);
  expect(asJson).toMatchObject({ items: [{ name: 'a' }, { name: 'c' }], failed: [] });
  expect(asJson.leftOut.sort()).toEqual(words.map((each) => `${folder}/${each}`).sort());
});

test('a folder behind --zip is not taken for the name of an archive of the rest', async () => {
  await using platform = await startSmallPlatform(storesNoB);
  const { exitCode, stderr } = await runQuarry(
    ['files', 'upload', '--zip', folder, ...inFolder('a')],
    platform,
  );
  expect({ exitCode, requests: platform.requests }).toEqual({ exitCode: 2, requests: [] });
  expect(stderr).toContain('is a folder here');
  expect(stderr).toContain('name it before --zip');
});

test('a file that is refused is told with its path, and the others are stored and listed', async () => {
  await using platform = await startSmallPlatform(storesNoB);
  const argv = ['files', 'upload', ...inFolder('a', 'b', 'c')];
  const { exitCode, stdout, stderr } = await runQuarry(argv, platform);
  expect(exitCode).toBe(5);
  expect(stdout).toMatch(/id-of-a.*\n.*id-of-c/);
  expect(stderr).toContain(`error: ${join(folder, 'b')}: file: b is not welcome.`);
});

test('with --json what is stored and what failed are one value, and stderr has an event a line', async () => {
  await using platform = await startSmallPlatform(storesNoB);
  const argv = ['files', 'upload', '--json', ...inFolder('a', 'b', 'c')];
  const { exitCode, stdout, stderr } = await runQuarry(argv, platform);
  expect(exitCode).toBe(5);
  const events = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.filter(({ event }) => event === 'done').map(({ file }) => file)).toEqual(inFolder('a', 'c'));
  expect((await runQuarry([...argv, '--quiet'], platform)).stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    items: [{ id: 'id-of-a' }, { id: 'id-of-c' }],
    failed: [{ path: join(folder, 'b'), error: { code: 'refused', status: 400 }, exitCode: 5 }],
  });
});

test.each([[[]], [['--zip', 'all.zip']]])(
  'with --json and %j progress tells of how much it is',
  async (options) => {
    const path = join(folder, 'large');
    await writeFile(path, randomBytes(24 * 1024 ** 2));
    // Reads on after more than the second that lies between two events.
    await using platform = await startSlowPlatform(1300);
    const argv = ['files', 'upload', '--json', path, ...options];
    const { stderr } = await runQuarry(argv, platform);
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { total, totalBytes } = events.find(({ event }) => event === 'progress');
    expect(total).toMatchObject({ files: 1, totalBytes });
    expect(totalBytes).toBeGreaterThanOrEqual(24 * 1024 ** 2);
  },
);

/** Takes uploads, after a pause in which it reads nothing. */
async function startSlowPlatform(pauseMs: number) {
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      await sleep(pauseMs);
    }
    request.resume();
    await once(request, 'end');
    const isUpload = request.method === 'POST';
    response.writeHead(isUpload ? 201 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isUpload ? { id: 'stored', name: 'x', decryptedSize: 1 } : {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    environment: { RESCALE_API_BASE_URL: url, RESCALE_API_KEY: 'a'.repeat(40) },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a folder without files is said to be empty', async () => {
  await mkdir(join(folder, 'empty'));
  await using platform = await startSmallPlatform({});
  const argv = ['files', 'upload', '--recursive', join(folder, 'empty')];
  expect(await runQuarry(argv, platform)).toEqual({
    exitCode: 0,
    stdout: 'There was nothing to upload: there are no files.\n',
    stderr: '',
  });
});
