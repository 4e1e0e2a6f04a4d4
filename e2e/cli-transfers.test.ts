import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProxy } from '../bench/proxy/proxy.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { type Desk, openDesk, until } from './cli-harness.ts';

const MiB = 1024 ** 2;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8, sandbox: 'off' });
});
afterAll(() => platform[Symbol.asyncDispose]());

/** A file of random bytes, so that no other one is the same. */
async function writeRandom(path: string, bytes: number): Promise<string> {
  const content = randomBytes(bytes);
  await writeFile(path, content);
  return createHash('sha512').update(content).digest('hex');
}

const sha512 = async (path: string) =>
  createHash('sha512')
    .update(await readFile(path))
    .digest('hex');

/** Lines of standard error as events. */
const eventsIn = (stderr: string): Record<string, unknown>[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function upload(desk: Desk, path: string): Promise<string> {
  const { stdout } = await desk.quarry('files', 'upload', path, '--json', '--quiet');
  return JSON.parse(stdout).items[0].id;
}

/** Submits a sweep of three runs, of which each waits until a file of its number is there. */
async function submitWaitingSweep(desk: Desk): Promise<string> {
  await writeFile(join(desk.folder, 'n.tmpl'), 'n=${n}\n');
  const command =
    `. ./n; until [ -e '${desk.folder}'/go$n ]; do sleep 0.05; done; ` +
    'mkdir -p mesh; echo "mesh $n" > mesh/wing.vtk; echo "$n" > result.txt';
  const argv = [
    '--template',
    'n.tmpl=n',
    '--param',
    'n=1,2,3',
    '--slots',
    '3',
    '--walltime',
    '1',
    '--no-follow',
    '--json',
    '--quiet',
  ];
  const { stdout, stderr } = await desk.quarry('sweep', ...argv, command);
  if (stdout === '') {
    throw new Error(stderr);
  }
  return JSON.parse(stdout).id;
}

/** The same desk, but everything goes through a slow line. */
async function slowLine(desk: Desk, bytesPerSecond: number) {
  const line = await startProxy({ target: platform.url, rate: bytesPerSecond });
  desk.environment.RESCALE_API_BASE_URL = line.url;
  return line;
}

describe('a transfer whose process is killed', { timeout: 60_000 }, () => {
  test('is gone on with by the same command: a download', async () => {
    await using desk = await openDesk(platform);
    const digest = await writeRandom(join(desk.folder, 'field.vtk'), 24 * MiB);
    const id = await upload(desk, 'field.vtk');
    await using line = await slowLine(desk, 8 * MiB);
    const command = ['files', 'download', id, '--output', 'out'];
    const killed = desk.start(...command);
    await until(() => line.stats.bytesDown > 12 * MiB, 'half of it has come');
    killed.child.kill('SIGKILL');
    expect((await killed.ended).exitCode).toBeNull();
    expect(await readdir(join(desk.folder, 'out'))).not.toContain('field.vtk');

    const before = line.stats.bytesDown;
    const { exitCode, stderr } = await desk.quarry(...command);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^field\.vtk: going on from [\d.]+ MiB of 24\.0 MiB, which were here already\.$/m);
    expect(stderr).toMatch(/^Downloaded field\.vtk \([\d.]+ MiB in .*; [\d.]+ MiB were here already\)$/m);
    expect(line.stats.bytesDown - before).toBeLessThan(18 * MiB);
    expect(await sha512(join(desk.folder, 'out', 'field.vtk'))).toBe(digest);
    expect(await readdir(join(desk.folder, 'out'))).toEqual(['field.vtk']);
  });

  test('is gone on with by the same command: an upload', async () => {
    await using desk = await openDesk(platform);
    const digest = await writeRandom(join(desk.folder, 'mesh.inp'), 40 * MiB);
    await using line = await slowLine(desk, 10 * MiB);
    const killed = desk.start('files', 'upload', 'mesh.inp');
    await until(() => line.stats.bytesUp > 24 * MiB, 'half of it has gone');
    killed.child.kill('SIGKILL');
    expect((await killed.ended).exitCode).toBeNull();
    await until(() => line.stats.openConnections === 0, 'the line has passed on what it had');

    const before = line.stats.bytesUp;
    const { exitCode, stdout, stderr } = await desk.quarry('files', 'upload', 'mesh.inp', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).items).toMatchObject([{ name: 'mesh.inp', sha512: digest }]);
    const resumed = eventsIn(stderr).find(({ event }) => event === 'resume');
    expect(resumed).toMatchObject({ file: expect.stringMatching(/mesh\.inp$/), totalBytes: 40 * MiB });
    // Little more than what was missing travels: requests, and no byte twice.
    expect(line.stats.bytesUp - before).toBeLessThan(40 * MiB - Number(resumed!.resumedBytes) + MiB);
  });
});

describe('a transfer that is watched', { timeout: 60_000 }, () => {
  test('by a program is one value on stdout and events that parse on stderr', async () => {
    await using desk = await openDesk(platform);
    const digest = await writeRandom(join(desk.folder, 'a.bin'), 12 * MiB);
    const id = await upload(desk, 'a.bin');
    await using _line = await slowLine(desk, 4 * MiB);
    const command = ['files', 'download', id, '--output', 'out', '--skip-same', '--streams', '2', '--json'];
    const first = await desk.quarry(...command);
    expect(JSON.parse(first.stdout)).toMatchObject([{ id, verified: true, sha512: digest }]);
    const events = eventsIn(first.stderr);
    const file = join(desk.folder, 'out', 'a.bin');
    expect(events.every((event) => event.file === file)).toBe(true);
    expect(events.at(-1)).toEqual({ event: 'done', file, totalBytes: 12 * MiB, sha512: digest });
    const reached = events.filter(({ event }) => event === 'progress');
    expect(reached.length).toBeGreaterThan(0);
    for (const event of reached) {
      expect(event).toMatchObject({ totalBytes: 12 * MiB, total: { totalBytes: 12 * MiB, files: 1 } });
      expect(event.transferredBytes).toBeLessThanOrEqual(12 * MiB);
    }
    const again = await desk.quarry(...command);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(first.stdout));
    expect(eventsIn(again.stderr)).toEqual([{ event: 'skip', file, totalBytes: 12 * MiB, reason: 'same' }]);
    expect((await desk.quarry(...command, '--quiet')).stderr).toBe('');
  });

  test('in a log is a line now and then and one at the end, without a sign for terminals', async () => {
    await using desk = await openDesk(platform);
    await writeRandom(join(desk.folder, 'b.bin'), 12 * MiB);
    const id = await upload(desk, 'b.bin');
    await using _line = await slowLine(desk, 2 * MiB);
    const { stderr } = await desk.quarry('files', 'download', id, '--output', 'out');
    const lines = stderr.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(lines[0]).toMatch(/^b\.bin: \d+%, [\d.]+ MiB of 12\.0 MiB, [\d.]+ MiB\/s, [\d.]+ s left$/);
    expect(lines.at(-1)).toMatch(/^Downloaded b\.bin \(12\.0 MiB in [\d.]+ s, [\d.]+ MiB\/s\)$/);
    expect(stderr).not.toContain('\u001b');
  });
});

describe('bytes that arrive damaged', { timeout: 30_000 }, () => {
  test('are fetched again and nothing else is, which is said', async () => {
    await using desk = await openDesk(platform);
    const digest = await writeRandom(join(desk.folder, 'c.bin'), 12 * MiB);
    const id = await upload(desk, 'c.bin');
    await using line = await startProxy({
      target: platform.url,
      corruptions: [{ direction: 'down', body: 1, offset: MiB, minBodyBytes: 2 * MiB }],
    });
    desk.environment.RESCALE_API_BASE_URL = line.url;
    const command = ['files', 'download', id, '--output', 'out', '--streams', '1'];
    const { exitCode, stderr } = await desk.quarry(...command);
    expect(exitCode).toBe(0);
    expect(line.stats.corrupted).toBe(1);
    expect(stderr).toMatch(/^c\.bin: [\d.]+ [KM]iB arrived damaged and are fetched again\.$/m);
    expect(await sha512(join(desk.folder, 'out', 'c.bin'))).toBe(digest);
    expect(line.stats.bytesDown).toBeLessThan(16 * MiB);
  });
});

describe('an upload of a folder', { timeout: 30_000 }, () => {
  test('takes what patterns name, sends no bytes twice, and travels as an archive where wished', async () => {
    await using desk = await openDesk(platform);
    await mkdir(join(desk.folder, 'case', 'mesh'), { recursive: true });
    await writeRandom(join(desk.folder, 'case', 'mesh', 'wing.inp'), 2 * MiB);
    for (const name of ['run.sh', 'notes.bak']) {
      await writeFile(join(desk.folder, 'case', name), name);
    }
    expect((await desk.quarry('files', 'upload', 'case')).stderr).toMatch(/--recursive.*--zip/);

    const command = ['files', 'upload', '--recursive', 'case', '--exclude', '*.bak'];
    const first = await desk.quarry(...command);
    expect(first.stderr).toMatch(/^Uploaded 2 files \(2\.0 MiB in .*\)$/m);
    const again = await desk.quarry(...command, '--json');
    const { items, failed } = JSON.parse(again.stdout);
    expect(items.map(({ path }: { path: string }) => path)).toEqual(['case/mesh/wing.inp', 'case/run.sh']);
    expect(failed).toEqual([]);
    expect(eventsIn(again.stderr)).toContainEqual({
      event: 'skip',
      file: 'case/mesh/wing.inp',
      totalBytes: 2 * MiB,
      reason: 'known',
    });
    const sent = await desk.quarry(...command, '--json', '--no-dedup');
    expect(eventsIn(sent.stderr).some(({ event }) => event === 'skip')).toBe(false);

    const zipped = await desk.quarry('files', 'upload', 'case', '--zip', 'all.zip', '--json', '--quiet');
    expect(JSON.parse(zipped.stdout).items).toMatchObject([{ name: 'all.zip', path: 'all.zip' }]);
  });
});

describe('a download from an address', { timeout: 30_000 }, () => {
  test('sends the key to the platform and to nobody else', async () => {
    await using desk = await openDesk(platform);
    const asked: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers);
      response.end('from elsewhere');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await writeFile(join(desk.folder, 'own.txt'), 'from the platform');
      const id = await upload(desk, 'own.txt');
      const elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/set%201.csv?x=1`;
      const own = `${platform.url}/api/v2/files/${id}/contents/`;
      const { exitCode, stdout } = await desk.quarry(
        'files',
        'download',
        elsewhere,
        own,
        '--output',
        'out',
        '--json',
        '--quiet',
      );
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject([
        { id, name: 'own.txt', verified: true },
        { id: null, name: 'set 1.csv', url: elsewhere, verified: false },
      ]);
      expect(await readFile(join(desk.folder, 'out', 'set 1.csv'), 'utf8')).toBe('from elsewhere');
      expect(await readFile(join(desk.folder, 'out', 'own.txt'), 'utf8')).toBe('from the platform');
      expect(asked.length).toBeGreaterThan(0);
      for (const headers of asked) {
        expect(headers.authorization).toBeUndefined();
      }
      // Without a platform at all, too.
      for (const name of Object.keys(desk.environment)) {
        if (name.startsWith('RESCALE')) {
          delete desk.environment[name];
        }
      }
      expect((await desk.quarry('files', 'download', elsewhere, '--output', 'out', '--force')).exitCode).toBe(
        0,
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('outputs of a sweep', { timeout: 60_000 }, () => {
  test('come as its runs end, also when the syncing is interrupted, and not twice', async () => {
    await using desk = await openDesk(platform);
    const id = await submitWaitingSweep(desk);
    const result = (run: number) => join(desk.folder, 'results', `run${run}`, 'result.txt');
    const isThere = (run: number) =>
      readFile(result(run)).then(
        () => true,
        () => false,
      );

    const first = desk.start('jobs', 'sync', id, 'results');
    await writeFile(join(desk.folder, 'go1'), '');
    let one = false;
    await until(() => {
      void isThere(1).then((found) => {
        one ||= found;
      });
      return one;
    }, 'the outputs of run 1 are here while the others run');
    expect(await isThere(2)).toBe(false);
    first.child.kill('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain(`Go on with: quarry jobs sync ${id} results`);

    const second = desk.start('jobs', 'sync', id, 'results', '--json');
    await writeFile(join(desk.folder, 'go2'), '');
    await writeFile(join(desk.folder, 'go3'), '');
    const { exitCode, stdout, stderr } = await second.ended;
    expect({ exitCode, stderr: stderr.includes('error') }).toEqual({ exitCode: 0, stderr: false });
    const synced = JSON.parse(stdout);
    expect(synced.ended).toMatchObject({ id, outcome: 'success' });
    expect(synced.outputs).toHaveLength(9);
    for (const run of [1, 2, 3]) {
      expect(await readFile(result(run), 'utf8')).toBe(`${run}\n`);
    }
    const statuses = eventsIn(stderr).filter(({ event }) => event === 'status');
    expect(statuses.at(-1)).toMatchObject({ job: id, status: 'Completed', reason: 'Completed successfully' });
    const skipped = eventsIn(stderr).filter(({ event }) => event === 'skip');
    expect(skipped).toContainEqual(expect.objectContaining({ file: result(1), reason: 'same' }));

    const again = await desk.quarry('jobs', 'sync', id, 'results');
    expect(again.stderr).toMatch(
      /Downloaded outputs of \w+ \(9 files, 0 B in .*; [\d.]+ KiB were here already\)/,
    );

    const some = ['--include', 'mesh', '--include', 'result.*', '--exclude', 'run2/**', '--output', 'some'];
    expect((await desk.quarry('files', 'download', '--job', id, ...some)).exitCode).toBe(0);
    expect((await readdir(join(desk.folder, 'some'), { recursive: true })).toSorted()).toEqual([
      'run1',
      'run1/mesh',
      'run1/mesh/wing.vtk',
      'run1/result.txt',
      'run3',
      'run3/mesh',
      'run3/mesh/wing.vtk',
      'run3/result.txt',
    ]);
  });
});
