import { type FileObject, fileObject, type Page, page } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FilesHarness, startFilesApi, upload } from './files-harness.ts';

describe('listing', () => {
  let own: FilesHarness;
  const list = async (query: string, key?: string) => {
    const response = await own.call('GET', `files/?${query}`, { key });
    expect(response.status).toBe(200);
    return page(fileObject).parse(await response.json()) as Page<FileObject>;
  };
  const names = async (query: string) => (await list(query)).results.map(({ name }) => name);

  beforeAll(async () => {
    own = await startFilesApi();
    for (const name of ['Alpha.inp', 'beta_1.dat', 'beta-1.dat', '100%.txt', 'GRÖSSE.log', 'zeta~1.dat']) {
      await upload(own, name.repeat(name.length), name);
    }
    const other = await own.addUser('member');
    await upload(own, 'theirs', 'theirs', other.key);
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
  });

  test('shows your own files, newest first', async () => {
    expect(await names('')).toEqual([
      'zeta~1.dat',
      'GRÖSSE.log',
      '100%.txt',
      'beta-1.dat',
      'beta_1.dat',
      'Alpha.inp',
    ]);
  });

  test('shows an admin everybody’s files, or their own', async () => {
    const admin = await own.addUser('admin');
    await upload(own, 'mine', 'mine', admin.key);
    expect((await list('', admin.key)).count).toBe(8);
    expect((await list('owner=1', admin.key)).results.map(({ name }) => name)).toEqual(['mine']);
  });

  test.each([
    ['search=ALPHA', ['Alpha.inp']],
    ['search=beta_', ['beta_1.dat']],
    ['search=%25', ['100%.txt']],
    ['search=gr%C3%B6sse', ['GRÖSSE.log']],
    ['search=nothing', []],
    ['search=\\', []],
    ['ordering=name&page_size=2', ['100%.txt', 'Alpha.inp']],
    ['ordering=-name&page_size=1', ['zeta~1.dat']],
    ['ordering=dateUploaded&limit=1', ['Alpha.inp']],
    ['ordering=-date_uploaded&limit=1', ['zeta~1.dat']],
    ['ordering=decryptedSize&limit=1', ['100%.txt']],
    ['type=2', []],
    ['type=1&isUploaded=True&page_size=1', ['zeta~1.dat']],
    ['isUploaded=false', []],
    ['dateUploaded__gte=2999-01-01', []],
    ['dateUploaded__lte=2999-01-01T00:00:00Z&page_size=1', ['zeta~1.dat']],
  ])('answers ?%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test.each([
    '',
    'ordering=name',
    'ordering=-name',
    'ordering=decryptedSize',
    'ordering=-decryptedSize',
    'search=a',
  ])('gives every file once when its pages are followed (?%s)', async (query) => {
    const whole = await names(`${query}&page_size=100`);
    const followed: string[] = [];
    let next: string | null = `${own.url}/api/v2/files/?${query}&page_size=2`;
    while (next !== null) {
      const response: Response = await fetch(next, { headers: { authorization: `Token ${own.key}` } });
      const found = (await response.json()) as Page<FileObject>;
      expect(found.count).toBe(whole.length);
      followed.push(...found.results.map(({ name }) => name));
      next = found.next;
    }
    expect(followed).toEqual(whole);
  });

  test('blanks keys and adds jobs when asked', async () => {
    const [file] = (await list('include_keys=0&include_jobs=1&page_size=1')).results;
    expect(file).toMatchObject({ encodedEncryptionKey: '', jobs: { results: [] } });
  });

  test('says what is wrong with a query', async () => {
    for (const [query, words] of [
      ['ordering=colour', 'ordering'],
      ['type=abc', 'A valid integer'],
      ['page=0', 'page'],
      ['dateUploaded__gte=yesterday', 'ISO 8601'],
      [`search=${'x'.repeat(300)}`, 'search'],
    ]) {
      const response = await own.call('GET', `files/?${query}`);
      expect([query, response.status, await response.text()]).toEqual([
        query,
        400,
        expect.stringContaining(words!),
      ]);
    }
    expect((await own.call('GET', 'files/?page=99')).status).toBe(404);
    expect((await own.call('GET', 'files/?page=2&after=broken')).status).toBe(404);
  });
});
