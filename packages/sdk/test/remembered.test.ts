import { expect, test } from 'vitest';
import { REMEMBERED_ANSWERS, REMEMBERED_CHARACTERS } from '../src/limits.ts';
import { json, startDouble } from './platform-double.ts';

test('what was read before is asked about, and not sent again while it holds', async () => {
  let version = 1;
  let sent = 0;
  await using platform = await startDouble(({ headers }, response) => {
    const tag = `W/"${version}"`;
    if (headers['if-none-match'] === tag) {
      return void response.writeHead(304, { etag: tag }).end();
    }
    sent++;
    json(response, 200, { id: 'abcDEF', name: `version ${version}` }, { etag: tag });
  });
  const { jobs } = platform.client();
  const first = await jobs.get('abcDEF');
  const second = await jobs.get('abcDEF');
  expect(second).toEqual(first);
  // Whoever changes what he got does not change what the next one gets.
  expect(second).not.toBe(first);
  expect(sent).toBe(1);
  version = 2;
  expect(await jobs.get('abcDEF')).toMatchObject({ name: 'version 2' });
  expect(await jobs.get('abcDEF')).toMatchObject({ name: 'version 2' });
  expect(sent).toBe(2);
  expect(platform.asked.map(({ headers }) => headers['if-none-match'])).toEqual([
    ...[undefined, 'W/"1"', 'W/"1"', 'W/"2"'],
  ]);
});

test('neither long answers nor all of many are remembered, and no other client has them', async () => {
  await using platform = await startDouble(({ url }, response) =>
    json(
      response,
      200,
      { id: url.includes('long') ? 'x'.repeat(REMEMBERED_CHARACTERS) : url },
      { etag: '"a"' },
    ),
  );
  const client = platform.client();
  const asksAbout = async (id: string, by = client) => {
    await by.jobs.get(id);
    return platform.asked.at(-1)!.headers['if-none-match'] !== undefined;
  };
  await client.jobs.get('long');
  expect(await asksAbout('long')).toBe(false);
  await client.jobs.get('first');
  expect(await asksAbout('first')).toBe(true);
  expect(await asksAbout('first', platform.client())).toBe(false);
  for (let count = 0; count < REMEMBERED_ANSWERS; count++) {
    await client.jobs.get(`job${count}`);
  }
  expect(await asksAbout('first')).toBe(false);
});

test('a confirmation that nobody asked for is no answer', async () => {
  await using platform = await startDouble((_request, response) => void response.writeHead(304).end());
  await expect(platform.client({ maxRetries: 0 }).jobs.get('abcDEF')).rejects.toMatchObject({ status: 304 });
});

test('requests one after another share connections', async () => {
  const ports = new Set<number | undefined>();
  await using platform = await startDouble((_request, response) => {
    ports.add(response.socket?.remotePort);
    json(response, 200, { count: 0, next: null, previous: null, results: [] });
  });
  const { jobs } = platform.client();
  for (let count = 0; count < 20; count++) {
    await jobs.list().page();
  }
  // A second one is opened when the first is still busy with the end of an answer.
  expect(ports.size).toBeLessThan(4);
});
