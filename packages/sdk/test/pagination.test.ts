import { InvalidResponseError } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const pages = (next: (page: number) => string | null) =>
  startDouble((request, response) => {
    const page = Number(new URL(request.url, 'http://h').searchParams.get('page') ?? 1);
    json(response, 200, {
      count: 4,
      next: next(page),
      previous: null,
      results: [{ id: `${page}a` }, { id: `${page}b` }],
    });
  });

test('an un-awaited list is read page after page, each when it is needed', async () => {
  await using platform = await pages((page) =>
    page < 2 ? `/api/v2/jobs/?page=${page + 1}&search=pi` : null,
  );
  const listing = platform.client().jobs.list({ search: 'pi' });
  expect(platform.asked).toHaveLength(0);
  const ids: string[] = [];
  for await (const job of listing) {
    ids.push(job.id);
    if (ids.length <= 2) {
      expect(platform.asked).toHaveLength(1);
    }
  }
  expect(ids).toEqual(['1a', '1b', '2a', '2b']);
  expect(platform.asked.map(({ url }) => url)).toEqual([
    '/api/v2/jobs/?search=pi',
    '/api/v2/jobs/?page=2&search=pi',
  ]);
  expect((await listing.page()).count).toBe(4);
  expect(await listing.all()).toHaveLength(4);
  expect((await listing.first())?.id).toBe('1a');
});

test('a next link to another host is followed on ours: the key goes nowhere else', async () => {
  await using elsewhere = await startDouble((_request, response) => json(response, 200, {}));
  await using platform = await pages((page) =>
    page < 2 ? `${elsewhere.url}/internal/api/v2/coretypes/?page=${page + 1}` : null,
  );
  expect(await platform.client().coreTypes.list().all()).toHaveLength(4);
  expect(elsewhere.asked).toHaveLength(0);
  expect(platform.asked[1]?.url).toBe('/api/v2/coretypes/?page=2');
});

test('a next link that is no link, and a path of another platform, are refused in words', async () => {
  await using platform = await pages(() => 'http://[');
  await expect(platform.client().jobs.list().all()).rejects.toThrow(InvalidResponseError);
  const call = platform.client().transport.json({ method: 'GET', path: 'http://elsewhere.example/api/v2/' });
  await expect(call).rejects.toThrow('is no address of the platform');
});

test('pages that go in a circle end with an error', async () => {
  await using platform = await pages((page) => `/api/v2/analyses/?page=${(page % 2) + 1}`);
  await expect(platform.client().analyses.list().all()).rejects.toThrow('go in a circle');
});

test('a bare list is one page', async () => {
  await using platform = await startDouble((_request, response) =>
    json(response, 200, [{ coreType: 'granite' }]),
  );
  const prices = platform.client().prices.list();
  expect(await prices.page()).toEqual({
    count: 1,
    next: null,
    previous: null,
    results: [{ coreType: 'granite' }],
  });
  expect(await prices.all()).toHaveLength(1);
});

test('something that is no list is refused', async () => {
  await using platform = await startDouble((_request, response) => json(response, 200, { hello: 'world' }));
  await expect(platform.client().jobs.list().all()).rejects.toThrow(InvalidResponseError);
});
