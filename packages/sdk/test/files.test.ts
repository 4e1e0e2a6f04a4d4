/** What the SDK sends for files. */
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

test('links to a file and to its view are made, and scripts are wished for or not', async () => {
  const link = { url: 'https://quarry.example/x', expiresAt: '2026-01-05T09:01:00.000000Z' };
  await using platform = await startDouble((_, response) => json(response, 201, link));
  const { files } = platform.client();
  expect(await files.ticket('FiLeSi')).toEqual(link);
  expect(await files.viewTicket('FiLeSi')).toEqual(link);
  await files.viewTicket('FiLeSi', { scripts: true });
  expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /api/v2/files/FiLeSi/ticket/',
    'POST /api/v2/files/FiLeSi/view/ticket/',
    'POST /api/v2/files/FiLeSi/view/ticket/',
  ]);
  const sent = platform.asked.slice(1).map(({ body }) => JSON.parse(body.toString()));
  expect(sent).toEqual([{ scripts: false }, { scripts: true }]);
});
