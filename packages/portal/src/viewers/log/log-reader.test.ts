import { expect, test, vi } from 'vitest';
import type { ByteSource } from '../byte-source.ts';
import { LogReader, type LogView } from './log-reader.ts';

const encode = (text: string) => new TextEncoder().encode(text);

/** A log that grows by hand, whose reads are answered by hand where `isHeld` says so. */
function logOf(text: string) {
  let bytes = encode(text);
  const held: Array<() => void> = [];
  const log = {
    isHeld: (_start: number) => false,
    grow: (more: string) => {
      const [start, added] = [bytes.length, encode(more)];
      bytes = Uint8Array.from([...bytes, ...added]);
      return [start, added] as const;
    },
    release: () => {
      for (const answer of held.splice(0)) {
        answer();
      }
    },
    heldReads: () => held.length,
  };
  const source: ByteSource = {
    key: 'log',
    read: async (start, end) => {
      if (log.isHeld(start)) {
        await new Promise<void>((resolve) => held.push(resolve));
      }
      return { bytes: bytes.slice(start, end), size: bytes.length };
    },
  };
  return { log, source };
}

function openLog(source: ByteSource, isFollowing: boolean) {
  let view: LogView | null = null;
  const reader = new LogReader(source, {
    isFollowing,
    onChange: (next) => {
      view = next;
    },
  });
  reader.resize(3);
  const lines = () => view?.lines.map(({ text }) => text) ?? null;
  return { reader, lines };
}

test('lines are those of the log when more of it is read than was told by then', async () => {
  const { log, source } = logOf('one\n');
  const { reader, lines } = openLog(source, true);
  await vi.waitFor(() => expect(lines()).toEqual(['one']));
  const first = log.grow('two\n');
  log.isHeld = () => true;
  reader.grow(first[0] + first[1].length);
  await vi.waitFor(() => expect(log.heldReads()).toBe(1));
  const second = log.grow('three\n');
  const third = log.grow('four\n');
  reader.append(...second);
  log.isHeld = () => false;
  log.release();
  await vi.waitFor(() => expect(reader.size).toBe('one\ntwo\nthree\nfour\n'.length));
  reader.append(...third);
  reader.append(...log.grow('five\n'));
  await vi.waitFor(() => expect(lines()).toEqual(['three', 'four', 'five']));
});

test('who goes to a place comes there however much the log grows meanwhile', async () => {
  const long = Array.from({ length: 150_000 }, (_, index) => `line ${index} of many\n`).join('');
  const { log, source } = logOf(long);
  const { reader, lines } = openLog(source, true);
  await vi.waitFor(() => expect(lines()?.at(-1)).toBe('line 149999 of many'));
  log.isHeld = (start) => start > 0;
  reader.toOffset(600_000);
  await vi.waitFor(() => expect(log.heldReads()).toBeGreaterThan(0));
  reader.append(...log.grow('further\n'));
  log.isHeld = () => false;
  log.release();
  await vi.waitFor(() => expect(reader.top).toBeLessThanOrEqual(600_000));
  expect(reader.top).toBeGreaterThan(590_000);
});

test('what was written before the end of a run and not told is shown', async () => {
  const { log, source } = logOf('one\n');
  const { reader, lines } = openLog(source, true);
  await vi.waitFor(() => expect(lines()).toEqual(['one']));
  log.grow('last words\n');
  await reader.endGrowth();
  expect(lines()).toEqual(['one', 'last words']);
});

test('who goes to a line comes to that very line, though nobody has counted so far', async () => {
  const texts = Array.from({ length: 200_000 }, (_, index) => `line ${index + 1}\n`);
  const { source } = logOf(texts.join(''));
  const starts = [0];
  for (const text of texts) {
    starts.push(starts.at(-1)! + text.length);
  }
  let asked = 0;
  const every = 200;
  const lineIndex = async () => {
    asked += 1;
    return { offsets: starts.slice(0, -1).filter((_, index) => index % every === 0), every };
  };
  const views: LogView[] = [];
  const reader = new LogReader(
    { ...source, lineIndex },
    { isFollowing: false, onChange: (view) => void views.push(view) },
  );
  reader.toLine(190_123);
  reader.resize(3);
  await vi.waitFor(() => expect(views.at(-1)?.lines[0]?.text).toBe('line 190123'));
  expect(views.at(-1)!.first).toEqual({ number: 190_123, isExact: true });
  expect([views.length, asked]).toEqual([1, 1]);
});

test('where lines begin is asked for once, and numbers become exact when it is known', async () => {
  const { source } = logOf('0123456789\n'.repeat(200_000));
  const index = Promise.withResolvers<{ offsets: number[]; every: number }>();
  const views: LogView[] = [];
  const lineIndex = () => index.promise;
  const reader = new LogReader(
    { ...source, lineIndex },
    { isFollowing: true, onChange: (view) => void views.push(view) },
  );
  reader.resize(3);
  await vi.waitFor(() => expect(views.at(-1)?.first.isExact).toBe(false));
  index.resolve({ offsets: Array.from({ length: 1000 }, (_, place) => place * 2200), every: 200 });
  await vi.waitFor(() => expect(views.at(-1)!.first).toEqual({ number: 199_998, isExact: true }));
});

test('nothing is read any more of a log that was left, not even once it is known where its lines begin', async () => {
  const { log, source } = logOf('x'.repeat(3_000_000));
  let answer = () => {};
  const asked: number[] = [];
  const { reader } = openLog(
    {
      ...source,
      read: (start, end) => {
        asked.push(start);
        return source.read(start, end);
      },
      lineIndex: () =>
        new Promise((resolve) => {
          answer = () => resolve({ offsets: [0], every: 1000 });
        }),
    },
    true,
  );
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1));
  log.isHeld = () => true;
  reader.close();
  const before = asked.length;
  answer();
  log.release();
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked.length).toBe(before);
  reader.resize(5);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked.length).toBe(before);
});
