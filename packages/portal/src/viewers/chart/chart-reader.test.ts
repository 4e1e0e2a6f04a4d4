import { expect, test, vi } from 'vitest';
import type { ByteSource } from '../byte-source.ts';
import type { Growth, GrowthListener } from '../log/growth.ts';
import { ChartReader, type ChartState, type ParserPort } from './chart-reader.ts';
import { TableParser } from './table-parser.ts';

/** A file that tests write to. */
function growingFile(begin: string) {
  let bytes = new TextEncoder().encode(begin);
  let listener: GrowthListener | null = null;
  const reads: Array<[number, number]> = [];
  let refusal: Error | null = null;
  let end: () => void = () => undefined;
  const source: ByteSource = {
    key: 'x',
    read: async (start, stop) => {
      reads.push([start, stop]);
      if (refusal) {
        throw refusal;
      }
      return { bytes: bytes.slice(start, stop), size: bytes.length };
    },
  };
  const growth: Growth = (heard, signal) =>
    new Promise((resolve) => {
      listener = heard;
      end = resolve;
      signal.addEventListener('abort', () => resolve());
    });
  return {
    source,
    growth,
    reads,
    refuse: (error: Error | null) => {
      refusal = error;
    },
    write: (text: string, { isTold = true } = {}) => {
      const added = new TextEncoder().encode(text);
      const start = bytes.length;
      bytes = new Uint8Array([...bytes, ...added]);
      if (isTold) {
        listener?.append(start, added);
      }
    },
    replace: (text: string) => {
      bytes = new TextEncoder().encode(text);
      listener?.restart();
    },
    isFollowed: () => listener !== null,
    end: () => end(),
  };
}

function port(): ParserPort {
  let parser = new TableParser(1000);
  return {
    begin: () => {
      parser = new TableParser(1000);
    },
    push: (bytes) => parser.push(bytes),
    take: async (options) => ({ table: parser.take(options), dateColumns: parser.dateColumns }),
    close: () => undefined,
  };
}

function open(
  file: ReturnType<typeof growingFile>,
  options: { mayGrow?: boolean; maxBytes?: number; endBytes?: number } = {},
) {
  const { mayGrow = false, maxBytes = 1e9, endBytes } = options;
  const states: ChartState[] = [];
  const reader = new ChartReader(file.source, port(), {
    maxBytes,
    endBytes,
    mayGrow,
    onChange: (state) => states.push(state),
    pauseMs: 0,
  });
  const column = (index: number) => [...(states.at(-1)?.table?.values[index] ?? [])];
  return { reader, states, column, last: () => states.at(-1)! };
}

test('a file is read once, to its end, its last line included', async () => {
  const file = growingFile('t,p\n0,1\n1,2');
  const { column, last } = open(file);
  await vi.waitFor(() => expect(last()?.isDone).toBe(true));
  expect(column(1)).toEqual([1, 2]);
  expect(file.reads).toHaveLength(1);
});

test('what is written is added where the last read ended, and nothing is read again', async () => {
  const file = growingFile('t,p\n0,1\n1,2\n2,3\n');
  const { reader, column } = open(file, { mayGrow: true });
  reader.follow(file.growth);
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3]));
  const before = file.reads.length;
  file.write('3,4');
  file.write('0\n4,5');
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3, 40]));
  expect(file.reads).toHaveLength(before);

  file.end();
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3, 40, 5]));
  reader.close();
});

test('what was not told is read, from where the last read ended', async () => {
  const file = growingFile('t,p\n0,1\n1,2\n2,3\n');
  const { reader, column } = open(file, { mayGrow: true });
  await vi.waitFor(() => expect(column(1)).toHaveLength(3));
  file.write('3,4\n', { isTold: false });
  reader.follow(file.growth);
  file.write('4,5\n');
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3, 4, 5]));
  expect(file.reads.slice(1).every(([start]) => start >= 16)).toBe(true);

  reader.unfollow();
  file.write('5,6\n', { isTold: false });
  reader.follow(file.growth);
  file.write('6,7\n');
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3, 4, 5, 6, 7]));
  reader.close();
});

test('a file that begins anew is read anew', async () => {
  const file = growingFile('t,p\n0,1\n1,2\n2,3\n');
  const { reader, column } = open(file, { mayGrow: true });
  reader.follow(file.growth);
  await vi.waitFor(() => expect(column(1)).toHaveLength(3));
  file.replace('t,p\n0,9\n1,8\n2,7\n3,6\n');
  await vi.waitFor(() => expect(column(1)).toEqual([9, 8, 7, 6]));
  reader.close();
});

test('no more is read than may be, however the file grows', async () => {
  const file = growingFile('t,p\n0,1\n1,2\n2,3\n');
  const { reader, last } = open(file, { mayGrow: true, maxBytes: 12 });
  reader.follow(file.growth);
  await vi.waitFor(() => expect(last()?.isDone).toBe(true));
  file.write('3,4\n');
  file.write('4,5\n');
  expect(last().readBytes).toBe(12);
  expect(file.reads.every(([, end]) => end <= 12)).toBe(true);
  reader.close();
});

test('a refusal is told, and what was read stays', async () => {
  const file = growingFile('t,p\n0,1\n1,2\n2,3\n');
  const { reader, column, last } = open(file, { mayGrow: true });
  await vi.waitFor(() => expect(column(1)).toHaveLength(3));
  file.refuse(new Error('The server is away.'));
  file.write('3,4\n', { isTold: false });
  reader.follow(file.growth);
  file.write('4,5\n');
  await vi.waitFor(() => expect(last().error).toBeInstanceOf(Error));
  expect(column(1)).toHaveLength(3);
  file.refuse(null);
  reader.retry();
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3, 4, 5]));
  expect(last().error).toBe(null);
  reader.close();
});

test('of a long file the end is read, and what comes after it', async () => {
  const file = growingFile(`${'x'.repeat(10_000)}\nt,p\n0,1\n1,2\n2,3\n`);
  const { reader, column } = open(file, { mayGrow: true, endBytes: 20 });
  reader.follow(file.growth);
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3]));
  file.write('3,4\n');
  await vi.waitFor(() => expect(column(1)).toEqual([1, 2, 3, 4]));
  expect(file.reads.every(([start, end]) => end === 1 || start > 9000)).toBe(true);
  reader.close();
});
