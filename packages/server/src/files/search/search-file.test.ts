import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { LIMITS } from '../../limits.ts';
import type { BlobReader } from '../../storage/storage.ts';
import { searchFile, type WantedSearch } from './search-file.ts';

function readerOf(content: string | Buffer): BlobReader {
  const bytes = Buffer.from(content);
  return {
    sizeBytes: bytes.byteLength,
    read: async (into, position) => bytes.copy(into, 0, position, position + into.byteLength),
    close: async () => {},
  };
}

const never = new AbortController().signal;
const search = (content: string | Buffer, wanted: Partial<WantedSearch>) =>
  searchFile(
    readerOf(content),
    { q: '', regex: false, matchCase: false, from: 0, limit: 100, ...wanted },
    never,
  );

test('a match says its place in bytes, its line, and what stands there', async () => {
  const found = await search('größe\nResidual é = 1e-3\r\nresidual = 2', { q: 'residual' });
  expect(found).toEqual({
    matches: [
      { offset: 8, length: 8, line: 2, lineOffset: 8, text: 'Residual é = 1e-3' },
      { offset: 28, length: 8, line: 3, lineOffset: 28, text: 'residual = 2' },
    ],
    next: null,
    sizeBytes: 40,
  });
  expect((await search('Residual\nresidual', { q: 'residual', matchCase: true })).matches).toHaveLength(1);
});

test('a plain text is taken as it is written, and letters of all alphabets are found', async () => {
  expect((await search('a.b axb a+b', { q: 'a.b' })).matches.map(({ offset }) => offset)).toEqual([0]);
  expect((await search('x größe y', { q: 'größe' })).matches).toMatchObject([{ offset: 2, length: 7 }]);
});

test('regular expressions match within a line', async () => {
  const log = 'Time = 0.1\nsolving\nTime = 0.25\n\nend';
  const found = await search(log, { q: '^Time = ([0-9.]+)$', regex: true });
  expect(found.matches.map(({ line, text }) => [line, text])).toEqual([
    [1, 'Time = 0.1'],
    [3, 'Time = 0.25'],
  ]);
  expect((await search(log, { q: '^', regex: true })).matches.map(({ line }) => line)).toEqual([
    1, 2, 3, 4, 5,
  ]);
  const spanning = await search('a\nb', { q: 'a\\s+b', regex: true });
  expect(spanning.matches).toMatchObject([{ offset: 0, length: 1 }]);
});

/** As whoever reads on does who gets few at a time. */
async function searchByPages(content: string, wanted: Partial<WantedSearch>) {
  const found: { offset: number; line: number | null; text: string }[] = [];
  let next: { from: number; line: number | null } | null = { from: 0, line: 1 };
  while (next !== null) {
    const page = await search(content, { ...wanted, from: next.from, line: next.line!, limit: 1 });
    found.push(...page.matches.map(({ offset, line, text }) => ({ offset, line, text })));
    next = page.next as { from: number; line: number | null } | null;
  }
  return found;
}

test.each(['^', '$', '^a', '\\ba', '(?<!x)a', 'a*'])(
  '%s matches where it does in the whole file, wherever somebody goes on',
  async (q) => {
    const text = 'aaxa a\n\nbaa\na\n';
    const { matches } = await search(text, { q, regex: true });
    expect(matches.map(({ line }) => line)).not.toContain(5);
    expect(await searchByPages(text, { q, regex: true })).toEqual(
      matches.map(({ offset, line, text }) => ({ offset, line, text })),
    );
  },
);

test('a line is there once, also where blocks meet', async () => {
  const text = `${'z'.repeat(1000)}\n`.repeat(2100);
  const { matches } = await search(text, { q: '^', regex: true, limit: 3000 });
  expect(matches).toHaveLength(2100);
  expect(matches.at(-1)!.line).toBe(2100);
});

test('what is no regular expression is refused under its field', async () => {
  await expect(search('x', { q: '(', regex: true })).rejects.toMatchObject({
    kind: 'invalid',
    fields: { q: [expect.stringContaining('no regular expression')] },
  });
});

test('an expression that goes on for ever is given up', async () => {
  const promise = search(`${'a'.repeat(60)}!`, { q: '(a+)+$', regex: true });
  await expect(promise).rejects.toMatchObject({ code: 'search_too_slow' });
});

test('a search that nobody waits for any more ends', async () => {
  const leaving = new AbortController();
  leaving.abort(new Error('gone'));
  const wish = { q: 'x', regex: false, matchCase: true, from: 0, limit: 1 };
  await expect(searchFile(readerOf('x'), wish, leaving.signal)).rejects.toThrow('gone');
});

test('page after page, a search finds what one look at the whole text finds, over the edges of blocks', async () => {
  const filler = `${'z'.repeat(700)}\n`;
  const word = fc.constantFrom(
    'needle',
    'NEEDLE\n',
    'need',
    '\n',
    'le',
    filler.repeat(800),
    'z'.repeat(1_100_000),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (words, limit) => {
        const text = words.join('');
        const expected = [...text.matchAll(/needle/gi)].map(({ index }) => ({
          offset: index,
          line: text.slice(0, index).split('\n').length,
        }));
        const found: { offset: number; line: number | null }[] = [];
        let next: { from: number; line: number | null } | null = { from: 0, line: 1 };
        while (next !== null) {
          const { from, line }: { from: number; line: number | null } = next;
          const page = await search(text, { q: 'needle', from, line: line!, limit });
          found.push(...page.matches.map(({ offset, line }) => ({ offset, line })));
          next = page.next;
        }
        // A line longer than a block is searched in pieces: a match over such an edge may be missed.
        const edges = text.split('\n').some((line) => line.length > 1024 * 1024);
        if (edges) {
          expect(expected).toEqual(expect.arrayContaining(found));
        } else {
          expect(found).toEqual(expected);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('a search of bytes that come slowly answers what it has, and where to go on', async () => {
  const line = `${'z'.repeat(1000)} x\n`;
  const bytes = Buffer.from(line.repeat(3000));
  let clock = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
  try {
    const slow = {
      sizeBytes: bytes.length,
      read: async (into: Uint8Array, position: number) => {
        clock += 1000 * LIMITS.findSeconds;
        return bytes.copy(into, 0, position, position + into.length);
      },
    };
    const wish = { q: 'x', regex: false, matchCase: true, from: 0, limit: 10_000 };
    const { matches, next } = await searchFile(slow, wish, never);
    const { from, line: nextLine } = next!;
    expect(from).toBe(matches.length * line.length);
    expect(nextLine).toBe(matches.length + 1);
    const rest = await searchFile(readerOf(bytes), { ...wish, from, line: nextLine! }, never);
    expect(matches.length + rest.matches.length).toBe(3000);
  } finally {
    now.mockRestore();
  }
});

test('a search that is to end somewhere finds what begins before, and reads no further', async () => {
  const text = 'one x\ntwo x\nthree x\n';
  const before = async (to: number, limit = 100) => {
    const { matches, next } = await search(text, { q: 'x', to, limit });
    return { offsets: matches.map(({ offset }) => offset), next };
  };
  expect(await before(10)).toEqual({ offsets: [4], next: null });
  expect(await before(11)).toEqual({ offsets: [4, 10], next: null });
  expect(await before(11, 1)).toEqual({ offsets: [4], next: { from: 5, line: 1 } });
  expect(await before(4)).toEqual({ offsets: [], next: null });
  let read = 0;
  const bytes = Buffer.from(`x\n${'z'.repeat(99)}\n`.repeat(50_000));
  const counted = {
    sizeBytes: bytes.length,
    read: async (into: Uint8Array, position: number) => {
      const count = bytes.copy(into, 0, position, position + into.length);
      read += count;
      return count;
    },
  };
  const wish = { q: 'nothing', regex: false, matchCase: true, from: 0, to: 1000, limit: 1 };
  expect(await searchFile(counted, wish, never)).toMatchObject({ matches: [], next: null });
  expect(read).toBeLessThanOrEqual(1024 * 1024);
});
