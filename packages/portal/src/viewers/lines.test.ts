import { describe, expect, test } from 'vitest';
import { BLOCK_BYTES, Blocks } from './blocks.ts';
import type { ByteSource } from './byte-source.ts';
import { foldReturns, lineStartAt, lineStartBefore, linesFrom, showControls, startOfLast } from './lines.ts';

/** A file in memory that counts what is read of it. */
function fileOf(text: string): ByteSource & { reads: number } {
  const bytes = new TextEncoder().encode(text);
  const source = {
    key: 'file',
    reads: 0,
    read: async (start: number, end: number) => {
      source.reads++;
      return { bytes: bytes.slice(start, end), size: bytes.length };
    },
  };
  return source;
}

async function open(text: string) {
  const source = fileOf(text);
  const blocks = new Blocks(source);
  await blocks.measure();
  return { source, blocks };
}

describe('lines of a file that is read in blocks', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `line ${index} of many`);

  test('are those of the whole text, from any place', async () => {
    const { blocks } = await open(many.join('\n'));
    expect(blocks.size).toBeGreaterThan(5 * BLOCK_BYTES);
    const middle = await lineStartAt(blocks, Math.floor(blocks.size / 2));
    const [line, next] = await linesFrom(blocks, middle, 2);
    const number = many.indexOf(line!.text);
    expect(number).toBeGreaterThan(40_000);
    expect(next!.text).toBe(many[number + 1]);
    expect(await lineStartBefore(blocks, next!.start, 1)).toBe(line!.start);
  });

  test('reach over the end of a block', async () => {
    const { blocks } = await open(many.join('\n'));
    const start = await lineStartAt(blocks, BLOCK_BYTES);
    const [line] = await linesFrom(blocks, start, 1);
    expect(line!.start).toBeLessThan(BLOCK_BYTES);
    expect(line!.end).toBeGreaterThan(BLOCK_BYTES);
    expect(many).toContain(line!.text);
  });

  test('at the end are found without reading what lies before', async () => {
    const { source, blocks } = await open(`${many.join('\n')}\n`);
    const start = await startOfLast(blocks, 3);
    expect((await linesFrom(blocks, start, 10)).map(({ text }) => text)).toEqual(many.slice(-3));
    expect(source.reads).toBeLessThanOrEqual(3);
  });

  test('of nothing are none, and a text without newline is one', async () => {
    const { blocks } = await open('');
    expect(await linesFrom(blocks, 0, 5)).toEqual([]);
    const single = await open('only');
    expect((await linesFrom(single.blocks, 0, 5)).map(({ text }) => text)).toEqual(['only']);
  });

  test('keep the signs that more than one byte stands for', async () => {
    const text = `${'ä'.repeat(BLOCK_BYTES / 2 - 1)}xÄÖ\nß`;
    const { blocks } = await open(text);
    expect((await linesFrom(blocks, 0, 2)).map((line) => line.text)).toEqual(text.split('\n'));
  });

  test('no more of a file is kept than some blocks', async () => {
    const { source, blocks } = await open(many.join('\n').repeat(2));
    const count = Math.ceil(blocks.size / BLOCK_BYTES);
    expect(count).toBeGreaterThan(12);
    for (let index = 0; index < count; index++) {
      await blocks.read(index * BLOCK_BYTES, index * BLOCK_BYTES + 10);
    }
    const before = source.reads;
    await blocks.read(0, 10);
    expect(source.reads).toBe(before + 1);
  });

  test('a file that grows shows what came', async () => {
    let text = 'one\ntw';
    const source: ByteSource = {
      key: 'growing',
      read: async (start, end) => {
        const bytes = new TextEncoder().encode(text);
        return { bytes: bytes.slice(start, end), size: bytes.length };
      },
    };
    const blocks = new Blocks(source);
    await blocks.measure();
    text = 'one\ntwo\nthree\n';
    blocks.grow(text.length);
    expect((await linesFrom(blocks, 0, 9)).map((line) => line.text)).toEqual(['one', 'two', 'three']);
  });
});

test('what is written to the end of a file is shown without reading it again', async () => {
  const first = `${'x'.repeat(BLOCK_BYTES - 10)}\none\n`;
  let text = first;
  let reads = 0;
  const source: ByteSource = {
    key: 'followed',
    read: async (start, end) => {
      reads++;
      const bytes = new TextEncoder().encode(text);
      return { bytes: bytes.slice(start, end), size: bytes.length };
    },
  };
  const blocks = new Blocks(source);
  await blocks.measure();
  const added = 'two\nthree is longer\n';
  text = first + added;
  // The last byte that is known is told once more.
  blocks.append(first.length - 1, new TextEncoder().encode(`\n${added}`));
  expect(blocks.size).toBe(text.length);
  const before = reads;
  expect((await linesFrom(blocks, BLOCK_BYTES - 9, 2)).map((line) => line.text)).toEqual(['one', 'two']);
  expect(reads - before).toBeLessThanOrEqual(1);
  expect((await linesFrom(blocks, text.length - 16, 1)).map((line) => line.text)).toEqual([
    'three is longer',
  ]);
});

test('what a progress display came to is what is shown', () => {
  expect(foldReturns('10 %\r50 %\r100 %')).toBe('100 %');
  expect(foldReturns('10 %\r50 %\r')).toBe('50 %');
  expect(foldReturns('plain')).toBe('plain');
});

test('control characters are seen and do nothing', () => {
  expect(showControls('a\x07b\x00\tc\x7f')).toBe('a\u2407b\u2400\tc\u2421');
});
