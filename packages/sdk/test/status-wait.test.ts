import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Answer, json, startDouble } from './platform-double.ts';

const WORDS = ['Pending', 'Executing', 'Completed'];
const rows = (count: number) =>
  WORDS.slice(0, count)
    .map((status, index) => ({
      id: `row${index}`,
      status,
      statusReason: null,
      statusDate: `2026-01-05T09:00:0${index}.000000+00:00`,
    }))
    .toReversed();
const pageOf = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results });

/** A platform that can wait; `statuses` answers the looks at the history. */
function waiting(statuses: Answer): Answer {
  let looks = 0;
  return (request, response) => {
    if (request.url === '/api/v2/server/') {
      return json(response, 200, { features: ['status-wait'] });
    }
    if (request.url.includes('statuses')) {
      return statuses(request, response, looks++);
    }
    return json(response, 200, { id: 'abcDEF' });
  };
}
const queriesOf = (asked: Array<{ url: string }>) =>
  asked
    .filter(({ url }) => url.includes('statuses'))
    .map(({ url }) => Object.fromEntries(new URL(url, 'http://x').searchParams));

describe('wait', () => {
  test('asks for what follows the newest row it knows, and does not pause in between', async () => {
    await using platform = await startDouble(
      waiting((_request, response, look) => json(response, 200, pageOf(rows(look + 1)))),
    );
    const seen: string[] = [];
    const result = await platform.client().jobs.wait('abcDEF', {
      intervalMs: 3_600_000,
      onStatus: ({ status }) => seen.push(status),
    });
    expect(seen).toEqual(WORDS);
    expect(result.statuses).toHaveLength(3);
    expect(queriesOf(platform.asked)).toEqual([
      { page_size: '100' },
      { page_size: '100', wait: '20', since: 'row0' },
      { page_size: '100', wait: '20', since: 'row1' },
    ]);
  });

  test('a job that was not submitted is waited for without a row to begin from', async () => {
    await using platform = await startDouble(
      waiting((_request, response, look) => json(response, 200, pageOf(look === 0 ? [] : rows(3)))),
    );
    await platform.client().jobs.wait('abcDEF', { intervalMs: 3_600_000 });
    const [, second] = queriesOf(platform.asked);
    expect(second).toEqual({ page_size: '100', wait: expect.stringMatching(/^\d+$/) });
  });

  test('never asks to wait longer than the caller does', async () => {
    await using platform = await startDouble(
      waiting((_request, response, look) => json(response, 200, pageOf(rows(look === 0 ? 1 : 3)))),
    );
    await platform.client().jobs.wait('abcDEF', { timeoutMs: 5000 });
    expect(Number(queriesOf(platform.asked)[1]!.wait)).toBeLessThanOrEqual(5);
  });

  test('gives a waiting request its time beyond the limit of other requests', async () => {
    await using platform = await startDouble(
      waiting(async (_request, response, look) => {
        if (look > 0) {
          await sleep(400);
        }
        json(response, 200, pageOf(rows(look === 0 ? 1 : 3)));
      }),
    );
    const client = platform.client({ timeoutMs: 200 });
    expect((await client.jobs.wait('abcDEF')).statuses).toHaveLength(3);
    expect(queriesOf(platform.asked)).toHaveLength(2);
  });

  test('after a refusal, too many requests among them, it looks without waiting and then waits again', async () => {
    await using platform = await startDouble(
      waiting((request, response, look) => {
        if (look === 1) {
          return json(response, 429, { detail: 'Too many.' }, { 'retry-after': '3600' });
        }
        if (look === 3) {
          return json(response, 503, { detail: 'Restarting.' });
        }
        return json(response, 200, pageOf(rows(request.url.includes('since=row1') ? 3 : look < 2 ? 1 : 2)));
      }),
    );
    await platform.client().jobs.wait('abcDEF', { intervalMs: 1 });
    expect(queriesOf(platform.asked).map(({ wait }) => wait !== undefined)).toEqual([
      ...[false, true, false, true, false, true],
    ]);
  });

  test('a platform that claims to wait and does not is asked with pauses', async () => {
    await using platform = await startDouble(
      waiting((request, response, look) => {
        const hasEnded = !request.url.includes('wait=') && look > 0;
        json(response, 200, pageOf(rows(hasEnded ? 3 : 1)));
      }),
    );
    await platform.client().jobs.wait('abcDEF', { intervalMs: 1 });
    expect(queriesOf(platform.asked).filter(({ wait }) => wait !== undefined)).toHaveLength(3);
  });
});
