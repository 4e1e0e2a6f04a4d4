import { readFileSync } from 'node:fs';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../testing/small-platform.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);
const report = examples.getUsageReport.response;
const CSV = 'project,name,coreHours,amount,currency,isOngoing\nPrJcTa,Wings,128,6.4,USD,true\n';

test('usage shows rows and sums, marks what goes on, and passes on what was asked for', async () => {
  const queries: string[] = [];
  await using platform = await startSmallPlatform({
    'GET /api/v2/usage/': ({ url }) => {
      queries.push(url.search);
      return { body: report };
    },
  });
  const asked = ['usage', '--by', 'project', '--from', '2026-01-01', '--zone', 'Europe/Berlin'];
  const { stdout, exitCode } = await runQuarry(asked, platform);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(
    [
      'PROJECT     CORE HOURS       COST',
      'Wings          128.00+  6.40 USD+',
      'no project       20.00   1.00 USD',
      '',
      'From        2026-01-01 00:00:00',
      'To          2026-01-05 09:00:00 UTC',
      'Core hours  148.00+',
      'Cost        7.40 USD+',
      '',
    ].join('\n'),
  );
  expect(queries).toEqual(['?by=project&from=2026-01-01&zone=Europe%2FBerlin']);
  const json = await runQuarry([...asked, '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual(report);
});

test('usage --csv is the file of the platform, on standard output or at a path', async () => {
  await using platform = await startSmallPlatform({
    'GET /api/v2/usage/': ({ url }) =>
      url.searchParams.get('format') === 'csv' ? { body: Buffer.from(CSV) } : { body: report },
  });
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quarry-usage-'));
  const printed = await runQuarry(['usage', '--by', 'project', '--csv'], platform);
  expect(printed.stdout).toBe(CSV);
  const file = join(folder.path, 'use.csv');
  const saved = await runQuarry(['usage', '--by', 'project', '--csv', file], platform);
  expect([saved.exitCode, saved.stdout, await readFile(file, 'utf8')]).toEqual([0, '', CSV]);
  const both = await runQuarry(['usage', '--csv', '--json'], platform);
  expect(both.exitCode).toBe(2);
});
