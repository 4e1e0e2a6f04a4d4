import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../limits.ts';
import { indexLines, LineIndexes } from './line-index.ts';

function bytesOf(content: string | Buffer, onRead = () => {}) {
  const bytes = Buffer.from(content);
  return {
    sizeBytes: bytes.length,
    read: async (into: Uint8Array, position: number) => {
      onRead();
      return bytes.copy(into, 0, position, position + into.length);
    },
    close: async () => {},
  };
}

const never = new AbortController().signal;

test('each so many lines the index says where one begins', async () => {
  expect(await indexLines(bytesOf('one\ntwo\nthree\nfour\nfive'), 2, never)).toEqual({
    ...{ offsets: [0, 8, 19], every: 2, lineCount: 5 },
    ...{ indexedBytes: 23, sizeBytes: 23 },
  });
});

test('behind the last line feed there is no line, and in an empty file none at all', async () => {
  expect(await indexLines(bytesOf('one\ntwo\n'), 2, never)).toMatchObject({ offsets: [0], lineCount: 2 });
  expect(await indexLines(bytesOf(''), 1, never)).toMatchObject({ offsets: [], lineCount: 0 });
});

test('however many lines there are, the offsets are few, and still those of lines', async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `${index}\n`);
  const text = lines.join('');
  const { offsets, every, lineCount } = await indexLines(bytesOf(text), 1, never);
  expect([every, offsets.length, lineCount]).toEqual([8, 6250, 50_000]);
  for (const [place, offset] of offsets.entries()) {
    expect(text.slice(offset, offset + 6)).toMatch(new RegExp(`^${place * every}\n`));
  }
});

test('the index is that of all lines, wherever blocks meet', async () => {
  const line = fc.constantFrom('', 'a', 'ä'.repeat(70_000), 'z'.repeat(262_143), 'z'.repeat(262_144));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 8 }),
      fc.integer({ min: 1, max: 3 }),
      async (texts, every) => {
        const bytes = Buffer.from(texts.join('\n'));
        const starts = [0, ...[...bytes.keys()].filter((at) => bytes[at - 1] === 10)];
        const lines = starts.filter((at) => at < bytes.length);
        const found = await indexLines(bytesOf(bytes), every, never);
        expect(found.lineCount).toBe(lines.length);
        expect(found.offsets).toEqual(lines.filter((_, index) => index % every === 0));
      },
    ),
    { numRuns: 20 },
  );
});

test('who has gone makes no server read on, and too many at once are refused', async () => {
  const gone = AbortSignal.abort(new Error('gone'));
  await expect(indexLines(bytesOf('one\n'), 1, gone)).rejects.toThrow('gone');
  const hold = Promise.withResolvers<number>();
  const slow = { sizeBytes: 4, read: () => hold.promise };
  const many = Array.from({ length: LIMITS.lineIndexes }, () => indexLines(slow, 1, never));
  await expect(indexLines(bytesOf('one\n'), 1, never)).rejects.toMatchObject({ kind: 'too_many' });
  hold.resolve(0);
  await Promise.all(many);
  expect(await indexLines(bytesOf('one\n'), 1, never)).toMatchObject({ lineCount: 1 });
});

test('an index is made once for all who ask for it, and again when it could not be', async () => {
  let reads = 0;
  const indexes = new LineIndexes();
  const open = async () => bytesOf('one\ntwo\n', () => (reads += 1));
  const both = await Promise.all([indexes.of('digest', 1, open), indexes.of('digest', 1, open)]);
  expect(both[0]).toBe(both[1]);
  await indexes.of('digest', 1, open);
  expect(reads).toBe(1);
  const fails = async () => {
    throw new Error('The disk is broken.');
  };
  await expect(indexes.of('other', 1, fails)).rejects.toThrow('broken');
  expect(await indexes.of('other', 1, open)).toMatchObject({ lineCount: 2 });
});

test('those that nobody has asked for longest are forgotten', async () => {
  let opened = 0;
  const indexes = new LineIndexes();
  const open = async () => {
    opened += 1;
    return bytesOf('one\n');
  };
  await indexes.of('first', 1, open);
  for (let count = 0; count < LIMITS.lineIndexesKept; count += 1) {
    await indexes.of(`digest ${count}`, 1, open);
  }
  await indexes.of('first', 1, open);
  expect(opened).toBe(LIMITS.lineIndexesKept + 2);
});
