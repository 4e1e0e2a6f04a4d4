import { expect, test } from 'vitest';
import { createJobChanges } from './job-changes.ts';

const later = () => performance.now() + 60_000;
const now = () => performance.now();

test('changes reach those who wait for this job, and nobody else', async () => {
  const changes = createJobChanges();
  using first = changes.watch('one');
  using second = changes.watch('one');
  using other = changes.watch('two');
  const waits = [first, second].map((watch) => watch.next({ deadline: later() }));
  changes.tell('one', 'status');
  expect(await Promise.all(waits)).toEqual(['status', 'status']);
  expect(await other.next({ deadline: now() })).toBeNull();
});

test('changes between a look and the wait after it are not missed, and are told once', async () => {
  const changes = createJobChanges();
  using watch = changes.watch('one');
  changes.tell('one', 'progress');
  changes.tell('one', 'status');
  changes.tell('one', 'progress');
  expect(await watch.next({ deadline: later() })).toBe('status');
  expect(await watch.next({ deadline: now() })).toBeNull();
});

test('whoever waits for a status sleeps through progress, which is kept for later', async () => {
  const changes = createJobChanges();
  using watch = changes.watch('one');
  const status = watch.next({ deadline: performance.now() + 20, least: 'status' });
  changes.tell('one', 'progress');
  expect(await status).toBeNull();
  expect(await watch.next({ deadline: now() })).toBe('progress');
});

test('a wait ends when the client goes, when everybody is woken, and when there will be no more changes', async () => {
  const changes = createJobChanges();
  using watch = changes.watch('one');
  const gone = new AbortController();
  const left = watch.next({ deadline: later(), signal: gone.signal });
  gone.abort();
  expect(await left).toBeNull();
  const woken = watch.next({ deadline: later() });
  changes.tellAll();
  expect(await woken).toBe('status');
  const ended = watch.next({ deadline: later() });
  changes.close();
  expect(await ended).toBeNull();
  using late = changes.watch('one');
  expect(await late.next({ deadline: later() })).toBeNull();
});

test('whoever has left hears nothing more', async () => {
  const changes = createJobChanges();
  const watch = changes.watch('one');
  watch[Symbol.dispose]();
  changes.tell('one', 'status');
  using next = changes.watch('one');
  expect(await next.next({ deadline: now() })).toBeNull();
});
