import { expect, test } from 'vitest';
import type { FindQuery, Found } from '../byte-source.ts';
import { findNext, findPrevious } from './find.ts';

/** As much as is searched at once. */
const PART_BYTES = 1_000_000;

/** A text that is searched as a server does it, with what was asked. */
function searched(text: string) {
  const asked: FindQuery[] = [];
  const find = async (query: FindQuery): Promise<Found> => {
    asked.push(query);
    const { q, regex, from, to = text.length, limit } = query;
    const end = Math.min(to, from + PART_BYTES);
    // What is looked for here has nothing in it that an expression would take otherwise.
    const matches = [...text.matchAll(new RegExp(q, regex ? 'gm' : 'gi'))]
      .filter(({ index }) => index >= from && index < end)
      .slice(0, limit)
      .map((match) => ({
        offset: match.index,
        length: match[0].length,
        lineOffset: text.lastIndexOf('\n', match.index - 1) + 1,
      }));
    const last = matches.at(-1);
    const next = matches.length === limit ? last!.offset + last!.length : end;
    return { matches, next: next < to ? { from: next } : null, sizeBytes: text.length };
  };
  return { find, asked };
}

const filler = '.'.repeat(3_000_000);
const text = `Residual 1\n${filler}\nRESIDUAL 2\nresidual 3\n`;
const [first, second, third] = [0, 11 + 3_000_001, 11 + 3_000_001 + 11];

function wish(q: string, regex = false) {
  const shares: number[] = [];
  const signal = new AbortController().signal;
  return { q, regex, signal, shares, onProgress: (share: number) => void shares.push(share) };
}

test('the next match is found however far away it is, and how far the search is is told', async () => {
  const { find } = searched(text);
  const options = wish('residual');
  expect(await findNext(find, 1, options)).toMatchObject({ offset: second, lineOffset: second });
  expect(options.shares.length).toBeGreaterThan(1);
  expect(options.shares).toEqual(options.shares.toSorted((a, b) => a - b));
  expect(await findNext(find, third + 1, wish('residual'))).toBeNull();
});

test('the one before is the last that begins before the place', async () => {
  const { find } = searched(text);
  expect(await findPrevious(find, third, wish('residual'))).toMatchObject({ offset: second });
  expect(await findPrevious(find, second, wish('residual'))).toMatchObject({ offset: first });
  expect(await findPrevious(find, first, wish('residual'))).toBeNull();
});

test('nothing is searched twice on the way back', async () => {
  const { find, asked } = searched(text);
  await findPrevious(find, text.length, wish('nowhere'));
  const parts = asked.map(({ from, to }) => [from, Math.min(to!, from + PART_BYTES)] as const);
  const total = parts.reduce((sum, [from, to]) => sum + to - from, 0);
  expect(total).toBe(text.length);
});

test('of very many matches before a place the last is found', async () => {
  const { find } = searched('x\n'.repeat(20_000));
  expect(await findPrevious(find, 39_998, wish('^x$', true))).toMatchObject({ offset: 39_996 });
});

test('who cancels gets no answer', async () => {
  const { find } = searched(text);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(findNext(find, 0, { ...wish('residual'), signal })).rejects.toThrow('enough');
});
