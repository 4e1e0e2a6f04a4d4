import { expect, test } from 'vitest';
import { createNews } from './job-changes.ts';

const later = () => performance.now() + 60_000;
const now = () => performance.now();

test('news reach those who wait for this job, and nobody else', async () => {
  const news = createNews();
  using first = news.watch('one');
  using second = news.watch('one');
  using other = news.watch('two');
  const waits = [first, second].map((watch) => watch.next({ deadline: later() }));
  news.tell('one', 'status');
  expect(await Promise.all(waits)).toEqual(['status', 'status']);
  expect(await other.next({ deadline: now() })).toBeNull();
});

test('news between a look and the wait after it are not missed, and are told once', async () => {
  const news = createNews();
  using watch = news.watch('one');
  news.tell('one', 'progress');
  news.tell('one', 'status');
  news.tell('one', 'progress');
  expect(await watch.next({ deadline: later() })).toBe('status');
  expect(await watch.next({ deadline: now() })).toBeNull();
});

test('whoever waits for a status sleeps through progress, which is kept for later', async () => {
  const news = createNews();
  using watch = news.watch('one');
  const status = watch.next({ deadline: performance.now() + 20, least: 'status' });
  news.tell('one', 'progress');
  expect(await status).toBeNull();
  expect(await watch.next({ deadline: now() })).toBe('progress');
});

test('a wait ends when the client goes, when everybody is woken, and when there will be no more news', async () => {
  const news = createNews();
  using watch = news.watch('one');
  const gone = new AbortController();
  const left = watch.next({ deadline: later(), signal: gone.signal });
  gone.abort();
  expect(await left).toBeNull();
  const woken = watch.next({ deadline: later() });
  news.tellAll();
  expect(await woken).toBe('status');
  const ended = watch.next({ deadline: later() });
  news.close();
  expect(await ended).toBeNull();
  using late = news.watch('one');
  expect(await late.next({ deadline: later() })).toBeNull();
});

test('whoever has left hears nothing more', async () => {
  const news = createNews();
  const watch = news.watch('one');
  watch[Symbol.dispose]();
  news.tell('one', 'status');
  using next = news.watch('one');
  expect(await next.next({ deadline: now() })).toBeNull();
});
