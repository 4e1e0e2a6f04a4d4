import type { ListPage } from '@quarry/sdk';
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { LiveLists } from './live-lists.ts';

const PER_PAGE = 50;
type Row = { id: string; says: string };

/** A server's list, and a client that shows it. */
function startList() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 60_000 } } });
  const lists = new LiveLists(client);
  const asked: number[] = [];
  const server = { says: 'saved', isAway: false };
  let held: Promise<void> | null = null;
  const queryKey = ['jobs', 'list', {}];
  const observer = new InfiniteQueryObserver(client, {
    queryKey,
    initialPageParam: 0,
    queryFn: async ({ pageParam }): Promise<ListPage<Row>> => {
      asked.push(pageParam);
      const results = Array.from({ length: PER_PAGE }, (_, index) => ({
        id: String(pageParam * PER_PAGE + index),
        says: server.says,
      }));
      await held;
      if (server.isAway) {
        throw new Error('away');
      }
      return { count: 1000, next: String(pageParam + 1), previous: null, results };
    },
    getNextPageParam: ({ next }) => Number(next),
  });
  const leave = observer.subscribe(() => undefined);
  return {
    lists,
    asked,
    server,
    observer,
    queryKey,
    /** Holds back all answers until what it returns is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = null;
        resolve();
      };
    },
    async readPages(count: number) {
      await vi.waitFor(() => expect(observer.getCurrentResult().data).toBeDefined());
      for (let page = 1; page < count; page++) {
        await observer.fetchNextPage();
      }
      asked.length = 0;
    },
    says(id: number) {
      const rows = observer.getCurrentResult().data?.pages.flatMap(({ results }) => results);
      return rows?.find((row) => row.id === String(id))?.says;
    },
    [Symbol.dispose]() {
      leave();
      client.clear();
    },
  };
}

/** What an event does to a row. */
const end = (id: number) => (data: { pages: ListPage<{ id: string }>[]; pageParams: unknown[] }) => ({
  ...data,
  pages: data.pages.map((page) => ({
    ...page,
    results: page.results.map((row) => (row.id === String(id) ? { ...row, says: 'ended' } : row)),
  })),
});

test('what the news change while a further page is on its way stays', async () => {
  using list = startList();
  await list.readPages(2);
  const release = list.hold();
  const next = list.observer.fetchNextPage();
  list.lists.change(['jobs'], end(3));
  expect(list.says(3)).toBe('ended');
  release();
  await next;
  expect(list.observer.getCurrentResult().data?.pages).toHaveLength(3);
  expect(list.says(3)).toBe('ended');
});

test('what the news change on the page that is on its way is on it', async () => {
  using list = startList();
  await list.readPages(1);
  const release = list.hold();
  const next = list.observer.fetchNextPage();
  list.lists.change(['jobs'], end(70));
  release();
  await next;
  expect(list.says(70)).toBe('ended');
});

test('a short list is read anew as a whole', async () => {
  using list = startList();
  await list.readPages(3);
  list.server.says = 'running';
  list.lists.refresh(['jobs']);
  await vi.waitFor(() => expect(list.says(140)).toBe('running'));
  expect(list.asked).toEqual([0, 1, 2]);
});

test('of a long list the pages in sight are read anew, and the others when they come into sight', async () => {
  using list = startList();
  await list.readPages(8);
  list.lists.see(list.queryKey, { first: 130, last: 175 });
  expect(list.asked).toEqual([]);
  list.server.says = 'running';
  list.lists.refresh(['jobs']);
  await vi.waitFor(() => expect(list.says(160)).toBe('running'));
  expect(list.asked).toEqual([2, 3]);
  expect(list.says(390)).toBe('saved');
  list.lists.see(list.queryKey, { first: 375, last: 399 });
  await vi.waitFor(() => expect(list.says(390)).toBe('running'));
  list.lists.see(list.queryKey, { first: 380, last: 399 });
  expect(list.asked).toEqual([2, 3, 7]);
});

test('a page that is read anew does not undo what the news have told meanwhile', async () => {
  using list = startList();
  await list.readPages(5);
  list.lists.see(list.queryKey, { first: 0, last: 20 });
  const release = list.hold();
  list.server.says = 'running';
  list.lists.refresh(['jobs']);
  list.lists.change(['jobs'], end(3));
  const next = list.observer.fetchNextPage();
  release();
  await next;
  await vi.waitFor(() => expect(list.says(4)).toBe('running'));
  expect(list.says(3)).toBe('ended');
  expect(list.observer.getCurrentResult().data?.pages).toHaveLength(6);
});

test('a page that could not be read is read when there is news again', async () => {
  using list = startList();
  await list.readPages(4);
  list.lists.see(list.queryKey, { first: 0, last: 20 });
  list.server.isAway = true;
  list.lists.refresh(['jobs']);
  await vi.waitFor(() => expect(list.asked).toEqual([0]));
  list.server.isAway = false;
  list.server.says = 'running';
  // The failure has to be known first.
  await vi.waitFor(() => {
    list.lists.see(list.queryKey, { first: 0, last: 21 });
    expect(list.says(0)).toBe('running');
  });
});
