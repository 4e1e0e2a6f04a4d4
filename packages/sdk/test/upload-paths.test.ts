/** Directories, many small files and archives made on the fly. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IntegrityError, LocalFileError, type Progress, QuarryError, type TransferEvent } from '@quarry/sdk';
import { type UploadedFile, uploadPaths } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linesAsAnybody } from './as-anybody.ts';
import { json } from './platform-double.ts';
import { mayMount, mountSmallDisk } from './small-disk.ts';
import { startTusDouble, type TusDouble } from './tus-double.ts';

const MIB = 1024 * 1024;
const CHILD = fileURLToPath(new URL('./upload-child.ts', import.meta.url));
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-uploads-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
}

async function startBulk(misbehave: Parameters<typeof startTusDouble>[0] = {}): Promise<TusDouble> {
  const platform = await startTusDouble(misbehave);
  platform.features.push('bulk-uploads');
  return platform;
}

const relativePaths = (uploaded: UploadedFile[]) => uploaded.map(({ relativePath }) => relativePath);

test('a directory goes with all that is in it, hidden files and links too, in a stable order', async () => {
  await write({
    'case/b.txt': 'b',
    'case/a/z.txt': 'z',
    'case/.hidden': 'h',
    'case/A.txt': '',
    'other.txt': 'o',
  });
  await symlink('b.txt', join(directory, 'case/link.txt'));
  await using platform = await startBulk();
  const seen: string[] = [];
  const uploaded = await uploadPaths(
    platform.client(),
    [join(directory, 'other.txt'), join(directory, 'case')],
    {
      onFile: ({ relativePath }) => seen.push(relativePath),
    },
  );
  expect(relativePaths(uploaded)).toEqual(['other.txt', '.hidden', 'A.txt', 'a/z.txt', 'b.txt', 'link.txt']);
  expect(seen).toEqual(relativePaths(uploaded));
  expect(platform.stored.map(({ name, bytes }) => `${name}=${bytes}`)).toEqual([
    ...['other.txt=o', '.hidden=h', 'A.txt=', 'z.txt=z', 'b.txt=b', 'link.txt=b'],
  ]);
  expect(uploaded[3]).toMatchObject({ path: join(directory, 'case/a/z.txt'), file: { name: 'z.txt' } });
});

test('patterns choose, and what is left out may be unreadable or broken', async () => {
  await write({ 'case/in.inp': '', 'case/run/out.log': '', 'case/run/in.inp': '', 'case/tmp/in.inp': '' });
  await symlink('nowhere', join(directory, 'case/broken'));
  await symlink('..', join(directory, 'case/tmp/up'));
  await using platform = await startBulk();
  const upload = (options: object) => uploadPaths(platform.client(), [join(directory, 'case')], options);
  const exclude = ['broken', 'tmp/'];
  expect(relativePaths(await upload({ exclude }))).toEqual(['in.inp', 'run/in.inp', 'run/out.log']);
  expect(relativePaths(await upload({ exclude, include: ['*.inp'] }))).toEqual(['in.inp', 'run/in.inp']);
  expect(relativePaths(await upload({ exclude, include: ['run/**'] }))).toEqual([
    'run/in.inp',
    'run/out.log',
  ]);
});

test('what cannot be sent is refused in words before anything is sent', async () => {
  await write({ 'case/a.txt': 'a', 'loop/sub/a.txt': '' });
  await using platform = await startBulk();
  const refusal = async (path: string): Promise<LocalFileError> => {
    const error = await uploadPaths(platform.client(), [join(directory, path)]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LocalFileError);
    return error;
  };
  expect((await refusal('none')).problem).toBe('not_found');
  await symlink('..', join(directory, 'loop/sub/up'));
  expect((await refusal('loop')).message).toContain('leads back to a directory above it');
  await symlink('round', join(directory, 'case/round'));
  expect((await refusal('case')).message).toContain('in a circle of symbolic links');
  await rm(join(directory, 'case/round'));
  await symlink('gone', join(directory, 'case/dangling'));
  expect((await refusal('case')).message).toContain('dangling');
  await rm(join(directory, 'case/dangling'));
  const server = createServer().listen(join(directory, 'case/socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  expect((await refusal('case')).message).toContain('is a socket and not a file');
  await new Promise((resolve) => server.close(resolve));
  execFileSync('mkfifo', [join(directory, 'case/pipe')]);
  const pipe = await refusal('case');
  expect(pipe.message).toContain('is a named pipe and not a file');
  expect(pipe.hint).toContain('--exclude');
  await rm(join(directory, 'case/pipe'));
  expect(platform.asked).toEqual([]);
});

test('what in a directory is no file is left out when somebody is told', async () => {
  await write({ 'case/a.txt': 'a', 'case/sub/b.txt': 'b' });
  await symlink('gone', join(directory, 'case/dangling'));
  await symlink('..', join(directory, 'case/sub/up'));
  await writeFile(Buffer.concat([Buffer.from(`${directory}/case/`), Buffer.from([0xff])]), '');
  await using platform = await startBulk();
  for (const options of [{}, { zip: true }]) {
    const leftOut: string[] = [];
    const onLeftOut = ({ message }: LocalFileError) =>
      leftOut.push(message.replace(`${directory}/case/`, ''));
    const uploaded = await uploadPaths(platform.client(), [join(directory, 'case')], {
      ...options,
      onLeftOut,
    });
    expect(relativePaths(uploaded)).toEqual('zip' in options ? ['case.zip'] : ['a.txt', 'sub/b.txt']);
    expect(leftOut.sort()).toEqual([
      'dangling is a link to something that is not there.',
      'sub/up is a link that leads back to a directory above it.',
      '\ufffd has a name that is not UTF-8.',
    ]);
  }
  await expect(uploadPaths(platform.client(), [join(directory, 'gone')], { onLeftOut() {} })).rejects.toThrow(
    'There is no file',
  );
});

test('a file that may not be read is refused in words', async () => {
  await write({ 'case/a.txt': 'a' });
  await chmod(join(directory, 'case/a.txt'), 0);
  await using platform = await startBulk();
  const lines = await linesAsAnybody(CHILD, platform.url, join(directory, 'case'));
  expect(lines.at(-1)).toMatchObject({ name: 'LocalFileError', problem: 'permission_denied' });
  expect(platform.asked).toEqual([]);
});

test('many small files share few requests, with their digests, modes and times', async () => {
  const names = Array.from({ length: 1500 }, (_, index) => `case/f${String(index).padStart(4, '0')}`);
  await write(Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
  await chmod(join(directory, names[0]!), 0o755);
  await utimes(join(directory, names[0]!), 1, 1_500_000_000);
  await using platform = await startBulk();
  const progress: Progress[] = [];
  const uploaded = await uploadPaths(platform.client(), [join(directory, 'case')], {
    typeId: 4,
    onProgress: (each) => progress.push(each),
  });
  expect(uploaded).toHaveLength(1500);
  expect(platform.asked.filter((line) => line.endsWith('files/bulk/'))).toHaveLength(2);
  expect(platform.manifests.flat().find((entry) => 'name' in entry && entry.name === 'f0000')).toEqual({
    name: 'f0000',
    sizeBytes: 21,
    sha512: createHash('sha512').update(`content of ${names[0]}`).digest('hex'),
    executable: true,
    dateModified: '2017-07-14T02:40:00.000Z',
    typeId: 4,
  });
  expect(progress.at(-1)).toEqual({ transferredBytes: 1500 * 21, totalBytes: 1500 * 21 });
});

test('a batch is bounded by its bytes', async () => {
  await write(
    Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`case/f${index}`, randomBytes(MIB)])),
  );
  await using platform = await startBulk();
  await uploadPaths(platform.client(), [join(directory, 'case')]);
  expect(platform.manifests.map(({ length }) => length).toSorted()).toEqual([16, 4]);
});

test('small files go together, larger ones alone, known ones not at all, and all come back in order', async () => {
  const large = randomBytes(17 * MIB);
  await write({
    'case/a': 'a',
    'case/b': randomBytes(2 * MIB),
    'case/c': large,
    'case/d': 'known',
    'case/e': 'e',
  });
  await using platform = await startBulk();
  platform.known.set(createHash('sha512').update('known').digest('hex'), 5);
  const events: TransferEvent[] = [];
  const uploaded = await uploadPaths(platform.client(), [join(directory, 'case')], {
    onEvent: (event) => events.push(event),
  });
  expect(uploaded.map(({ file }) => file.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(
    platform.manifests.map((manifest) => manifest.map((entry) => 'name' in entry && entry.name)),
  ).toEqual([['a', 'e']]);
  expect(platform.uploads.values().next().value!.bytes.equals(large)).toBe(true);
  const skipped = events.filter((event) => event.type === 'skip');
  expect(skipped).toMatchObject([{ path: join(directory, 'case/d'), reason: 'known' }]);
  for (const name of ['a', 'b', 'c', 'e']) {
    const own = events.filter(({ path }) => path === join(directory, 'case', name));
    expect([own[0]?.type, own.at(-1)?.type]).toEqual(['start', 'done']);
  }
});

test('a repeated batch carries the same key', async () => {
  await write({ 'case/a': 'a', 'case/b': 'b' });
  const keys: unknown[] = [];
  await using platform = await startBulk({
    onRequest: (request) => {
      if (request.url !== '/api/v2/files/bulk/') {
        return false;
      }
      keys.push(request.headers['idempotency-key']);
      if (keys.length === 1) {
        request.socket.resetAndDestroy();
      }
      return keys.length === 1;
    },
  });
  expect(await uploadPaths(platform.client(), [join(directory, 'case')])).toHaveLength(2);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
});

test('a batch that is refused is sent file by file, and only what is at fault fails', async () => {
  await write({ 'case/a': 'a', 'case/bad': 'b', 'case/c': 'c' });
  await using platform = await startBulk({
    onRequest: (request, response) => {
      if (request.url !== '/api/v2/files/bulk/') {
        return false;
      }
      request.resume().on('end', () => json(response, 400, { manifest: [{}, { name: ['Too bad.'] }] }));
      return true;
    },
  });
  const failed: string[] = [];
  const uploaded = await uploadPaths(platform.client(), [join(directory, 'case')], {
    onFailure: (path) => failed.push(path),
  });
  expect(relativePaths(uploaded)).toEqual(['a', 'bad', 'c']);
  expect(failed).toEqual([]);
  expect(platform.asked.filter((line) => line === 'POST files/contents/')).toHaveLength(3);
});

test('platforms without bulk uploads get the files one by one, a few at once', async () => {
  await write(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`case/f${index}`, `${index}`])));
  await using platform = await startTusDouble();
  platform.features = [];
  expect(await uploadPaths(platform.client(), [join(directory, 'case')])).toHaveLength(30);
  expect(platform.stored.map(({ bytes }) => Number(bytes)).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 30 }, (_, index) => index),
  );
});

test('the first failure ends everything, unless failures are asked for', async () => {
  await write({ 'case/a': randomBytes(2 * MIB), 'case/b': randomBytes(2 * MIB) });
  await using platform = await startBulk({
    onRequest: (request, response) => {
      if (request.url !== '/api/v2/files/contents/') {
        return false;
      }
      request.resume().on('end', () =>
        json(response, 201, {
          id: 'x',
          fileChecksums: [{ hashFunction: 'sha512', fileHash: 'ab'.repeat(64) }],
        }),
      );
      return true;
    },
  });
  const paths = [join(directory, 'case')];
  await expect(uploadPaths(platform.client(), paths)).rejects.toThrow(IntegrityError);
  const failed: string[] = [];
  await uploadPaths(platform.client(), paths, { onFailure: (path) => failed.push(path) });
  expect(failed.toSorted()).toEqual([join(directory, 'case/a'), join(directory, 'case/b')]);
});

test('an abort ends it with its reason', async () => {
  await write({ 'case/a': randomBytes(2 * MIB), 'case/b': randomBytes(2 * MIB) });
  await using platform = await startBulk();
  const abort = new AbortController();
  const call = uploadPaths(platform.client(), [join(directory, 'case')], {
    signal: abort.signal,
    onFailure: () => {},
    onProgress: () => abort.abort('enough'),
  });
  await expect(call).rejects.toBe('enough');
});

test('an archive holds everything under the name of its directory, and is the same each time', async () => {
  await write({
    'case/mesh.inp': 'mesh '.repeat(10_000),
    'case/sub/packed.png': randomBytes(50_000),
    'case/tool': '#!/bin/sh',
    'notes.txt': 'n',
  });
  await mkdir(join(directory, 'case/empty'));
  await chmod(join(directory, 'case/tool'), 0o755);
  await using platform = await startBulk();
  const before = await readdir(tmpdir());
  const paths = [join(directory, 'case'), join(directory, 'notes.txt')];
  const [uploaded] = await uploadPaths(platform.client(), paths, { zip: true, exclude: ['*.tmp'] });
  await uploadPaths(platform.client(), [join(directory, 'case')], { zip: true });
  await uploadPaths(platform.client(), paths, { zip: 'mine.zip' });
  expect(uploaded).toMatchObject({ path: 'files.zip', relativePath: 'files.zip' });
  expect(platform.stored.map(({ name }) => name)).toEqual(['files.zip', 'case.zip', 'mine.zip']);
  expect(platform.stored[2]!.bytes.equals(platform.stored[0]!.bytes)).toBe(true);
  const left = (await readdir(tmpdir())).filter((name) => !before.includes(name));
  expect(left.filter((name) => name.startsWith('quarry-archive-'))).toEqual([]);

  const archive = join(directory, 'archive.zip');
  await writeFile(archive, platform.stored[0]!.bytes);
  execFileSync('unzip', ['-tq', archive]);
  const target = join(directory, 'unpacked');
  execFileSync('unzip', ['-q', archive, '-d', target]);
  for (const name of ['case/mesh.inp', 'case/sub/packed.png', 'case/tool', 'notes.txt']) {
    const [packed, unpacked] = await Promise.all([directory, target].map((at) => readFile(join(at, name))));
    expect(packed!.equals(unpacked!), name).toBe(true);
  }
  expect((await stat(join(target, 'case/tool'))).mode & 0o777).toBe(0o755);
  expect((await readdir(join(target, 'case'))).toSorted()).toEqual(['empty', 'mesh.inp', 'sub', 'tool']);
  const listed = execFileSync('unzip', ['-v', archive]).toString();
  expect(listed).toMatch(/Stored\s.*packed\.png/);
  expect(listed).toMatch(/Defl:\S+\s.*mesh\.inp/);
});

test('a large archive is gone on with, although it is made anew', async () => {
  await write({ 'case/a.gz': randomBytes(18 * MIB) });
  await using platform = await startBulk();
  const abort = new AbortController();
  const upload = (options: object) =>
    uploadPaths(platform.client(), [join(directory, 'case')], { zip: true, ...options });
  const half = upload({
    signal: abort.signal,
    onProgress: ({ transferredBytes }: Progress) => {
      if (transferredBytes > 9 * MIB) {
        abort.abort('enough');
      }
    },
  });
  await expect(half).rejects.toBe('enough');
  await upload({});
  expect(platform.uploads.size).toBe(1);
  const [archive] = platform.uploads.values();
  expect(platform.receivedBytes).toBe(archive!.bytes.byteLength);
});

test('an archive is refused when two files would have one name, or a file is not as it looked', async () => {
  await write({ 'one/a': '1', 'two/a': '2', 'case/a': 'a' });
  // Has no size by its metadata, and bytes when it is read: like a file that grows while it is packed.
  await symlink('/proc/self/status', join(directory, 'case/b'));
  await using platform = await startBulk();
  const upload = (...names: string[]) =>
    uploadPaths(
      platform.client(),
      names.map((name) => join(directory, name)),
      { zip: true },
    ).catch((thrown) => thrown);
  const twins = await upload('one/a', 'two/a');
  expect(twins).toBeInstanceOf(QuarryError);
  expect(twins.message).toContain('would both be a in the archive');
  const changed = await upload('case');
  expect(changed).toBeInstanceOf(LocalFileError);
  expect(changed.message).toBe(`${join(directory, 'case/b')} was written to while it was packed.`);
  expect(platform.asked).toEqual([]);
});

test.skipIf(!mayMount)('an archive without room for it says how another place is chosen', async () => {
  await using disk = await mountSmallDisk(1);
  await write({ 'case/mesh.bin': randomBytes(2 * MIB) });
  await using platform = await startBulk();
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = disk!.path;
  try {
    await expect(
      uploadPaths(platform.client(), [join(directory, 'case')], { zip: true }),
    ).rejects.toMatchObject({ problem: 'disk_full', hint: expect.stringContaining('TMPDIR') });
  } finally {
    if (usual === undefined) {
      delete process.env.TMPDIR;
    } else {
      process.env.TMPDIR = usual;
    }
  }
  expect(await readdir(disk!.path)).toEqual([]);
});
