import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-download-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A job with these outputs, each with its path as its content; of some the content is not there. */
const jobWith = (paths: string[], missing: string[] = []): Record<string, Route> => ({
  'GET /api/v2/jobs/abcDEF/files/': () => ({
    body: page(
      paths.map((relativePath, index) => ({
        id: `file${index}`,
        name: relativePath,
        relativePath,
        decryptedSize: relativePath.length,
        fileChecksums: [
          { hashFunction: 'sha512', fileHash: createHash('sha512').update(relativePath).digest('hex') },
        ],
      })),
    ),
  }),
  ...Object.fromEntries(
    paths.map((path, index): [string, Route] => [
      `GET /api/v2/files/file${index}/contents/`,
      () =>
        missing.includes(path) ? { status: 404, body: { detail: 'Gone.' } } : { body: Buffer.from(path) },
    ]),
  ),
});

const ofJob = (...more: string[]) => ['files', 'download', '--job', 'abcDEF', '--output', folder, ...more];

describe('files download', () => {
  test('takes what patterns name, and leaves what is the same', async () => {
    await using platform = await startSmallPlatform(jobWith(['a.vtk', 'b.vtk', 'log.x']));
    await writeFile(join(folder, 'a.vtk'), 'a.vtk');
    const argv = ofJob(
      '--include',
      '*.vtk',
      '--include',
      'log.*',
      '--exclude',
      'log.x',
      '--skip-same',
      '--json',
    );
    const { exitCode, stdout, stderr } = await runQuarry(argv, platform);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toEqual(['a.vtk', 'b.vtk']);
    expect(platform.requests.filter((request) => request.includes('contents'))).toEqual([
      'GET /api/v2/files/file1/contents/',
    ]);
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event).toSorted()).toEqual(['done', 'skip']);
  });

  test('names each file that is there already once, and says what to do', async () => {
    await using platform = await startSmallPlatform(jobWith(['a.vtk', 'b.vtk']));
    await writeFile(join(folder, 'a.vtk'), 'mine');
    await writeFile(join(folder, 'b.vtk'), 'mine');
    const { exitCode, stderr } = await runQuarry(ofJob(), platform);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`\n${join(folder, 'a.vtk')} exists already.\n`);
    expect(stderr).toContain('--skip-same');
  });

  test('says that patterns may be why nothing came', async () => {
    await using platform = await startSmallPlatform(jobWith(['a.vtk']));
    const { exitCode, stdout } = await runQuarry(ofJob('--include', '*.csv'), platform);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'There is nothing to download: there are no outputs, or none of those asked for.\n',
    });
  });

  test('of several files of which one fails keeps the others, and ends as that one', async () => {
    await using platform = await startSmallPlatform(jobWith(['a', 'b', 'c', 'd'], ['b', 'd']));
    const { exitCode, stdout, stderr } = await runQuarry(ofJob(), platform);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/2 of 4 files failed:\n.*\/b: Gone\..*\n.*\/d: Gone\./s);
    expect(await readFile(join(folder, 'c'), 'utf8')).toBe('c');
  });

  test('says once that files are there already, and what to do', async () => {
    await using platform = await startSmallPlatform(jobWith(['a', 'b']));
    for (const name of ['a', 'b']) {
      await writeFile(join(folder, name), 'mine');
    }
    const { exitCode, stderr } = await runQuarry(ofJob(), platform);
    expect(exitCode).toBe(2);
    expect(stderr.match(/exists already/g)).toHaveLength(2);
    expect(stderr).toContain('--skip-same');
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('mine');
  });

  test.each([
    [['--force', '--skip-same'], 'cannot be both'],
    [['--existing', 'refuse', '--force'], 'cannot be both'],
    [['--existing', 'keep'], '--existing takes one of refuse, replace, same'],
    [['--streams', '0'], '--streams takes a whole number of at least 1'],
    [['--include', '../x'], 'is no pattern'],
  ])('refuses %j before it does anything', async (options, words) => {
    await using platform = await startSmallPlatform(jobWith(['a']));
    const { exitCode, stderr } = await runQuarry(ofJob(...options), platform);
    expect(stderr).toContain(words);
    expect(exitCode).toBe(2);
    expect(platform.requests).toEqual([]);
  });

  test('refuses addresses of other kinds', async () => {
    await using platform = await startSmallPlatform({});
    const { exitCode, stderr } = await runQuarry(['files', 'download', 'ftp://host/x'], platform);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('http or https') });
    expect(platform.requests).toEqual([]);
  });

  test('refuses patterns where no job is named', async () => {
    await using platform = await startSmallPlatform({});
    const { exitCode, stderr } = await runQuarry(['files', 'download', 'x', '--include', '*.vtk'], platform);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('--job') });
  });

  test('that is interrupted says how to go on', async () => {
    const controller = new AbortController();
    const routes = jobWith(['a', 'b']);
    routes['GET /api/v2/files/file1/contents/'] = () => {
      controller.abort();
      return { body: Buffer.from('b') };
    };
    await using platform = await startSmallPlatform(routes);
    const { exitCode, stderr } = await runQuarry(ofJob(), { ...platform, signal: controller.signal });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('go on with the same command and --skip-same');
  });
});
