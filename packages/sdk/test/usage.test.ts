import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);

test('use is asked for as a report and as a file, of the time and things that are named', async () => {
  await using platform = await startDouble(({ url }, response) => {
    if (url?.includes('format=csv')) {
      response.setHeader('content-type', 'text/csv; charset=utf-8');
      response.end('day,name\n');
    } else {
      json(response, 200, examples.getUsageReport.response);
    }
  });
  const { usage } = platform.client();
  const report = await usage.get({ by: 'project', from: '2026-01-01', zone: 'Europe/Berlin' });
  expect(report.total.amounts).toEqual([{ amount: '7.40', currency: 'USD' }]);
  expect(await usage.csv({ by: 'day' })).toBe('day,name\n');
  expect(platform.asked.map(({ url }) => url)).toEqual([
    '/api/v2/usage/?by=project&from=2026-01-01&zone=Europe%2FBerlin',
    '/api/v2/usage/?by=day&format=csv',
  ]);
});
