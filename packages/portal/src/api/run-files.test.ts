import { QueryClient } from '@tanstack/react-query';
import { beforeAll, expect, test, vi } from 'vitest';
import type * as Queries from './queries.ts';
import { readAnew } from './read-anew.ts';

let queries: typeof Queries;
beforeAll(async () => {
  vi.stubGlobal('location', new URL('http://127.0.0.1:1/'));
  queries = await import('./queries.ts');
  return () => vi.unstubAllGlobals();
});

const ended = { id: '1', attempt: 1, dateCompleted: '2026-01-05T09:00:00.000000Z', outputFileCount: 2 };
const executing = { id: '2', attempt: 1, dateCompleted: null, outputFileCount: 0 };

test('news of a job make neither the outputs of its ended runs stale nor what lies in the directories of the others', async () => {
  const client = new QueryClient();
  const keys = [
    queries.runFilesQuery('J', ended).queryKey,
    queries.runDirectoryQuery('J', executing).queryKey,
  ] as const;
  for (const key of keys) {
    client.setQueryData(key as readonly unknown[], []);
  }
  const stale = () => keys.map((key) => client.getQueryState(key)?.isInvalidated);
  await readAnew(client, ['job', 'J']);
  expect(stale()).toEqual([false, false]);
  await client.invalidateQueries({ queryKey: ['files'] });
  expect(stale()).toEqual([true, false]);
});

test('outputs of another attempt, and those that are collected later, are others', () => {
  const { queryKey } = queries.runFilesQuery('J', ended);
  for (const change of [{ attempt: 2 }, { outputFileCount: 3 }, { dateCompleted: null }]) {
    expect(queries.runFilesQuery('J', { ...ended, ...change }).queryKey).not.toEqual(queryKey);
  }
});
