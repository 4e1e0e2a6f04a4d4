/** Downloads where this machine's own disk is in the way, and what a file looks like when it is in place. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir, uptime } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LocalFileError, type TransferEvent } from '@quarry/sdk';
import { downloadFile } from '@quarry/sdk/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linesAsAnybody } from './as-anybody.ts';
import { serve, sha512Of, startByteServer } from './byte-server.ts';
import { mayMount, mountSmallDisk } from './small-disk.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const CHILD = fileURLToPath(new URL('./download-child.ts', import.meta.url));
const content = randomBytes(6 * MIB + 99);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-local-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function refusalOf(target: string) {
  await using platform = await startByteServer({ content });
  const error = await downloadFile(platform.client(), 'filef', target).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LocalFileError);
  expect(platform.ranges()).toEqual([]);
  return error as LocalFileError;
}

test('a target that is a directory is refused before anything is fetched', async () => {
  const { problem, message } = await refusalOf(directory);
  expect(problem).toBe('is_directory');
  expect(message).toContain('is a directory');
});

test('a name that is too long is refused before anything is fetched', async () => {
  expect((await refusalOf(join(directory, 'x'.repeat(256)))).problem).toBe('name_too_long');
});

test('a directory below a file is refused in words', async () => {
  await writeFile(join(directory, 'file'), '');
  expect((await refusalOf(join(directory, 'file', 'below'))).problem).toBe('not_directory');
});

test('a file larger than the disk is refused before it is begun', async () => {
  await using platform = await startByteServer({ content, metadata: { decryptedSize: 2 ** 52 } });
  const call = downloadFile(platform.client(), 'filef', join(directory, 'huge'));
  await expect(call).rejects.toMatchObject({
    problem: 'disk_full',
    message: expect.stringMatching(/needs \d+ bytes/),
  });
  expect(await readdir(directory)).toEqual([]);
});

test('what lies under the hidden names is never followed as a link', async () => {
  const precious = join(directory, 'precious');
  await writeFile(precious, 'precious');
  for (const ending of ['partial', 'journal', 'journal.new']) {
    await symlink(precious, join(directory, `.out.quarry-${ending}`));
  }
  await using platform = await startByteServer({ content });
  await downloadFile(platform.client(), 'filef', join(directory, 'out'));
  expect(await readFile(precious, 'utf8')).toBe('precious');
  expect((await readdir(directory)).toSorted()).toEqual(['out', 'precious']);
});

test.each([
  [true, 0o755],
  [false, 0o644],
])(
  'with executable %j the mode is %o under the usual umask, and the time is that of the content',
  async (executable, mode) => {
    const before = process.umask(0o022);
    try {
      const metadata = {
        executable,
        dateModified: '2020-02-03T04:05:06Z',
        dateUploaded: '2021-01-01T00:00:00Z',
      };
      await using platform = await startByteServer({ content, metadata });
      const { path } = await downloadFile(platform.client(), 'filef', join(directory, 'out'));
      const facts = await stat(path);
      expect(facts.mode & 0o777).toBe(mode);
      expect(facts.mtime.toISOString()).toBe('2020-02-03T04:05:06.000Z');
    } finally {
      process.umask(before);
    }
  },
);

test('what is the same already is skipped with existing: same, and what differs is replaced', async () => {
  await using platform = await startByteServer({ content });
  const target = join(directory, 'out');
  await writeFile(target, content);
  const events: TransferEvent[] = [];
  const options = { existing: 'same', onEvent: (event: TransferEvent) => events.push(event) } as const;
  expect((await downloadFile(platform.client(), 'filef', target, options)).verified).toBe(true);
  expect(events).toContainEqual({
    type: 'skip',
    path: target,
    sizeBytes: content.byteLength,
    reason: 'same',
  });
  expect(platform.ranges()).toEqual([]);
  await writeFile(target, Buffer.alloc(content.byteLength));
  await downloadFile(platform.client(), 'filef', target, options);
  expect((await readFile(target)).equals(content)).toBe(true);
});

test('a comparison of a huge file ends as soon as it is aborted', async () => {
  const sizeBytes = 2 ** 38;
  const target = join(directory, 'huge');
  await writeFile(target, '');
  await truncate(target, sizeBytes);
  await using platform = await startByteServer({ content, metadata: { decryptedSize: sizeBytes } });
  const abort = new AbortController();
  const call = downloadFile(platform.client(), 'filef', target, { existing: 'same', signal: abort.signal });
  setTimeout(() => abort.abort(), 300);
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

// To hash what is there would take longer.
test('a resumed download of which much is there ends as soon as it is aborted', {
  timeout: 15_000,
}, async () => {
  const sizeBytes = 2 ** 34;
  const there = sizeBytes - 4 * MIB;
  const metadata = { decryptedSize: sizeBytes };
  const abort = new AbortController();
  await using platform = await startByteServer({
    content,
    metadata,
    // The rest never comes.
    misbehave: () => {
      setTimeout(() => abort.abort(), 300);
      return true;
    },
  });
  const partial = join(directory, '.huge.quarry-partial');
  await writeFile(partial, '');
  await truncate(partial, sizeBytes);
  const head = {
    format: 1,
    identity: 'any',
    sizeBytes,
    sha512: sha512Of(content),
    validator: null,
    bootedAt: Math.round(Date.now() / 1000 - uptime()),
  };
  await writeFile(
    join(directory, '.huge.quarry-journal'),
    `${JSON.stringify(head)}\n0 ${there}\nsync\nsynced\n`,
  );
  const events: TransferEvent[] = [];
  const call = downloadFile(platform.client(), 'filef', join(directory, 'huge'), {
    signal: abort.signal,
    onEvent: (event) => events.push(event),
  });
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  expect(events[0]).toMatchObject({ type: 'start', resumedBytes: there });
});

test.skipIf(process.geteuid?.() !== 0).each([
  ['partial', 1234, 0o600],
  ['journal', 1234, 0o600],
  ['partial', 0, 0o666],
])(
  'a %s that user %i could have laid there with the mode %o is not gone on with',
  async (part, uid, mode) => {
    await using platform = await startByteServer({ content });
    const target = join(directory, 'shared');
    const path = (name: string) => join(directory, `.shared.quarry-${name}`);
    await writeFile(path('partial'), content.subarray(0, MIB));
    const head = {
      ...{ format: 1, identity: 'any', sizeBytes: content.byteLength, sha512: sha512Of(content) },
      ...{ validator: null, bootedAt: Math.round(Date.now() / 1000 - uptime()) },
    };
    await writeFile(path('journal'), `${JSON.stringify(head)}\n0 ${MIB}\nsync\nsynced\n`);
    await chmod(directory, 0o1777);
    await chown(path(part), uid, uid);
    await chmod(path(part), mode);
    const events: TransferEvent[] = [];
    await downloadFile(platform.client(), 'filef', target, { onEvent: (event) => events.push(event) });
    expect(events.find(({ type }) => type === 'start')).toMatchObject({ resumedBytes: 0 });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(await stat(target)).toMatchObject({ uid: 0 });
    expect((await stat(target)).mode & 0o022).toBe(0);
  },
);

test('a directory that may not be written to is refused in words', async () => {
  const closed = join(directory, 'closed');
  await mkdir(closed);
  await chmod(closed, 0o555);
  await using platform = await startByteServer({ content });
  const lines = await linesAsAnybody(CHILD, platform.url, join(closed, 'out'));
  expect(lines.at(-1)).toMatchObject({ name: 'LocalFileError', problem: 'permission_denied' });
  expect(platform.ranges()).toEqual([]);
});

describe.skipIf(!mayMount)('on a disk of its own', () => {
  test('that becomes full in the middle: it stops with the cause, and goes on when there is room', async () => {
    await using disk = await mountSmallDisk(9);
    const target = join(disk!.path, 'out');
    const ballast = join(disk!.path, 'ballast');
    await using platform = await startByteServer({
      content,
      misbehave: (request, response, count) => {
        if (count !== 1) {
          return false;
        }
        void fillBehind(target, ballast).then(() => serve(content, request, response));
        return true;
      },
    });
    const call = downloadFile(platform.client(), 'filef', target, { streams: 1 });
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'LocalFileError', problem: 'disk_full' });
    expect((error as Error).cause).toMatchObject({ code: 'ENOSPC' });
    expect(await readdir(disk!.path)).toContain('.out.quarry-partial');
    await rm(ballast);
    const events: TransferEvent[] = [];
    await downloadFile(platform.client(), 'filef', target, { onEvent: (event) => events.push(event) });
    expect(events[0]?.type === 'start' && events[0].resumedBytes).toBeGreaterThan(0);
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(await readdir(disk!.path)).toEqual(['out']);
  });

  test('that is read-only is refused in words', async () => {
    await using disk = await mountSmallDisk(1);
    await run('mount', ['-o', 'remount,ro', disk!.path]);
    expect((await refusalOf(join(disk!.path, 'out'))).problem).toBe('read_only');
  });
});

/** Leaves no room beside what has come first. */
async function fillBehind(target: string, ballast: string): Promise<void> {
  const partial = join(dirname(target), `.${basename(target)}.quarry-partial`);
  while ((await stat(partial)).blocks * 512 < MIB) {
    await sleep(5);
  }
  const { bavail, bsize } = await statfs(dirname(target));
  await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 16 * 1024)));
}
