/** Whole outputs of jobs into trees that have something in them already. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesFailedError, type LocalFileError, type TransferEvent } from '@quarry/sdk';
import { downloadJob } from '@quarry/sdk/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutputPaths } from '../src/node/output-paths.ts';
import { json, type PlatformDouble, startDouble } from './platform-double.ts';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'quarry-job-')));
});
afterEach(() => rm(directory, { recursive: true }));

interface Output {
  relativePath: string;
  content?: string;
  path?: string;
  isGone?: boolean;
}

const idOf = (index: number) => `f${String(index).padStart(5, '0')}`;

/** A platform with one job; `beforePage` may hold a page back. */
function startJob(
  outputs: Output[],
  {
    pageFiles = 1000,
    beforePage = async () => {},
  }: { pageFiles?: number; beforePage?: (page: number) => Promise<void> } = {},
): Promise<PlatformDouble> {
  const files = outputs.map(({ relativePath, content = relativePath, path }, index) => ({
    id: idOf(index),
    name: relativePath.split('/').at(-1),
    relativePath,
    path,
    decryptedSize: Buffer.byteLength(content),
    fileChecksums: [{ hashFunction: 'sha512', fileHash: createHash('sha512').update(content).digest('hex') }],
  }));
  return startDouble(async (request, response) => {
    const url = new URL(request.url, 'http://platform');
    const id = /files\/(\w+)\/contents/.exec(url.pathname)?.[1];
    if (id !== undefined) {
      const { content, relativePath, isGone } = outputs[Number(id.slice(1))]!;
      if (isGone) {
        json(response, 404, { detail: 'The bytes are gone.' });
      } else {
        response.end(content ?? relativePath);
      }
      return;
    }
    const page = Number(url.searchParams.get('page') ?? 1);
    await beforePage(page);
    const results = files.slice((page - 1) * pageFiles, page * pageFiles);
    const next = page * pageFiles < files.length ? `http://platform${url.pathname}?page=${page + 1}` : null;
    json(response, 200, { count: files.length, next, previous: null, results });
  });
}

const contentsAsked = ({ asked }: PlatformDouble) =>
  asked.filter(({ url }) => url.includes('/contents/')).length;

describe('downloadJob()', () => {
  test('takes what patterns name and nothing else', async () => {
    await using platform = await startJob([
      { relativePath: 'run1/U' },
      { relativePath: 'run1/log.solver' },
      { relativePath: 'run2/U' },
      { relativePath: 'notes.txt' },
    ]);
    const options = { include: ['run*'], exclude: ['log.*'] };
    const saved = await downloadJob(platform.client(), 'jobjob', directory, options);
    expect(saved.map(({ path }) => path)).toEqual(['run1/U', 'run2/U'].map((path) => join(directory, path)));
    expect(contentsAsked(platform)).toBe(2);
  });

  test('refuses a pattern that means nothing before anything is asked', async () => {
    await using platform = await startJob([]);
    const call = downloadJob(platform.client(), 'jobjob', directory, { exclude: ['../x'] });
    await expect(call).rejects.toThrow('is no pattern');
    expect(platform.asked).toEqual([]);
  });

  test('the first file is there before the last page is listed', async () => {
    const first = Promise.withResolvers<void>();
    const outputs = Array.from({ length: 6 }, (_, index) => ({ relativePath: `${index}` }));
    await using platform = await startJob(outputs, {
      pageFiles: 2,
      beforePage: (page) => (page < 3 ? Promise.resolve() : first.promise),
    });
    const listed: boolean[] = [];
    const saved = await downloadJob(platform.client(), 'jobjob', directory, {
      onFile: () => first.resolve(),
      onListed: ({ isAll }) => listed.push(isAll),
    });
    expect(saved.map(({ file }) => file.id)).toEqual(outputs.map((_, index) => idOf(index)));
    expect(listed).toEqual([...outputs.map(() => false), true]);
  });

  test('files that fail leave the others alone, also those of later pages', async () => {
    const outputs = ['a', 'b', 'c', 'd', 'e'].map((relativePath) => ({
      relativePath,
      isGone: relativePath === 'b' || relativePath === 'd',
    }));
    await using platform = await startJob(outputs, { pageFiles: 2 });
    const error = await downloadJob(platform.client(), 'jobjob', directory).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(FilesFailedError);
    expect(error.failed.map(({ path }: { path: string }) => path)).toEqual(
      ['b', 'd'].map((name) => join(directory, name)),
    );
    expect(error.message).toContain('2 of 5 files failed');
    expect((await readdir(directory)).toSorted()).toEqual(['a', 'c', 'e']);
  });

  test('leaves what is the same, by size and digest, and replaces what differs', async () => {
    await using platform = await startJob([
      { relativePath: 'same' },
      { relativePath: 'size' },
      { relativePath: 'bits' },
      { relativePath: 'deep/new' },
    ]);
    await writeFile(join(directory, 'same'), 'same');
    await writeFile(join(directory, 'size'), 'size and more');
    await writeFile(join(directory, 'bits'), 'bitz');
    const events: TransferEvent[] = [];
    const again = () =>
      downloadJob(platform.client(), 'jobjob', directory, {
        existing: 'same',
        onEvent: (event) => events.push(event),
      });
    expect((await again()).every(({ verified }) => verified)).toBe(true);
    for (const name of ['same', 'size', 'bits']) {
      expect(await readFile(join(directory, name), 'utf8')).toBe(name);
    }
    const skipped = () => events.filter(({ type }) => type === 'skip').map(({ path }) => path);
    expect(skipped()).toEqual([join(directory, 'same')]);
    expect(contentsAsked(platform)).toBe(3);
    await again();
    expect(contentsAsked(platform)).toBe(3);
    expect(skipped()).toHaveLength(5);
  });

  test('writes through no link that leads out, on the way or at the end', async () => {
    const outside = join(directory, 'outside');
    const inside = join(directory, 'inside');
    await mkdir(outside);
    await mkdir(join(inside, 'real'), { recursive: true });
    await writeFile(join(outside, 'precious'), 'precious');
    await symlink(outside, join(inside, 'run1'));
    await symlink(join(outside, 'precious'), join(inside, 'U'));
    await symlink(join(directory, 'gone'), join(inside, 'dangling'));
    for (const relativePath of ['run1/U', 'run1/deep/U', 'U', 'dangling/U', 'dangling']) {
      await using platform = await startJob([{ relativePath }]);
      const call = downloadJob(platform.client(), 'jobjob', inside, { overwrite: true });
      const error: LocalFileError = await call.catch((thrown) => thrown);
      expect([relativePath, error.problem]).toEqual([relativePath, 'leads_outside']);
      expect(error.message).toContain('is a link that leads');
      expect(contentsAsked(platform)).toBe(0);
    }
    expect(await readdir(outside)).toEqual(['precious']);
    expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('precious');
  });

  test('follows links that stay inside, and one that the user named as the directory', async () => {
    await mkdir(join(directory, 'tree', 'real'), { recursive: true });
    await symlink('real', join(directory, 'tree', 'run1'));
    await symlink('tree', join(directory, 'named'));
    await using platform = await startJob([{ relativePath: 'run1/U' }]);
    await downloadJob(platform.client(), 'jobjob', join(directory, 'named'));
    expect(await readFile(join(directory, 'tree', 'real', 'U'), 'utf8')).toBe('run1/U');
  });

  test('says which file stands where a directory must be', async () => {
    await writeFile(join(directory, 'run1'), '');
    await using platform = await startJob([{ relativePath: 'run1/deep/U' }]);
    const call = downloadJob(platform.client(), 'jobjob', directory);
    await expect(call).rejects.toMatchObject({
      problem: 'not_directory',
      message: `${join(directory, 'run1')} is a file; run1/deep/U needs a directory there.`,
    });
  });

  test('an output that the list names twice, as a page moved on, is fetched once', async () => {
    await using platform = await startDouble((request, response) => {
      if (request.url.includes('/contents/')) {
        return void response.end('x');
      }
      const isFirst = !request.url.includes('page=2');
      const file = { id: 'aaaaaa', name: 'U', relativePath: 'U', decryptedSize: 1 };
      const next = isFirst ? '/api/v2/jobs/jobjob/files/?page=2' : null;
      json(response, 200, { count: 2, next, previous: null, results: [file] });
    });
    await downloadJob(platform.client(), 'jobjob', directory);
    expect(await readdir(directory)).toEqual(['U']);
  });
});

describe('outputPaths of outputs', () => {
  const take = async (foldsCase: boolean, ...paths: string[]) => {
    const outputPaths = new OutputPaths({
      directory,
      hasSeveralRuns: async () => false,
      foldsCase: async () => foldsCase,
    });
    const taken: string[] = [];
    for (const path of paths) {
      taken.push(await outputPaths.take(path));
    }
    return taken;
  };

  test('a name that is taken gets a number, a file never becomes a directory, nor the other way round', async () => {
    expect(await take(false, 'a', 'a', 'a', 'a/b', 'a/c', 'd/e', 'd')).toEqual([
      'a',
      'a.2',
      'a.3',
      'a.4/b',
      'a.4/c',
      'd/e',
      'd.2',
    ]);
  });

  test('a backslash is a letter of a name, so that no two files become one', async () => {
    const taken = await take(false, 'a\\b', 'a/b', 'a_b', 'b');
    expect(taken).toEqual(
      process.platform === 'win32' ? ['a_b', 'a/b', 'a_b.2', 'b'] : ['a\\b', 'a/b', 'a_b', 'b'],
    );
  });

  test('names that differ in case only stay as they are where the disk minds case', async () => {
    expect(await take(false, 'U', 'u', 'Run/x', 'run/x')).toEqual(['U', 'u', 'Run/x', 'run/x']);
    expect(await take(true, 'U', 'u', 'Run/x', 'run/x', 'run/y')).toEqual([
      'U',
      'u.2',
      'Run/x',
      'run/x.2',
      'run/y',
    ]);
  });

  test('the disk itself is asked, and the question leaves nothing behind', async () => {
    const outputPaths = new OutputPaths({ directory, hasSeveralRuns: async () => false });
    await outputPaths.take('U');
    const isOneFile = await writeFile(join(directory, 'Probe'), '').then(() =>
      readFile(join(directory, 'pROBE')).then(
        () => true,
        () => false,
      ),
    );
    expect(await outputPaths.take('u')).toBe(isOneFile ? 'u.2' : 'u');
    expect(await readdir(directory)).toEqual(['Probe']);
  });
});
