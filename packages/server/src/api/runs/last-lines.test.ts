import { type FileHandle, mkdtempDisposable, open, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { often } from '../../../../contract/testing/often.ts';
import type { RunFile } from '../../run-files/run-files.ts';
import { findLastLines, lastLinesAsJson, type Wish } from './last-lines.ts';

const MANY = 10_000;
const MIB = 1024 * 1024;

interface Given {
  lines: string[];
  cut: 'line' | 'lines' | null;
  jsonBytes: number;
}

async function give(
  file: Pick<RunFile, 'read'>,
  sizeBytes: number,
  { count = MANY, jsonBytes = 100 * MIB, ...wish }: Partial<Wish>,
): Promise<Given> {
  const found = await findLastLines(file, sizeBytes, { count, jsonBytes, ...wish });
  const json = await joined(lastLinesAsJson(file, found));
  return { lines: JSON.parse(`[${json}]`), cut: found.cut, jsonBytes: Buffer.byteLength(json) };
}

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
  }
  return text;
}

async function giveOf(content: string | Buffer, wish: Partial<Wish> = {}): Promise<Given> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quarry-lines-'));
  const path = join(folder.path, 'file');
  await writeFile(path, content);
  await using handle = await open(path);
  return await give(fileOf(handle), Buffer.byteLength(content), wish);
}

/** Over bytes in memory, for many looks. */
const bytesHandle = (bytes: Buffer) => ({
  read: async (into: Uint8Array, position: number) => bytes.copy(into, 0, position, position + into.length),
});

const fileOf = (handle: FileHandle) => ({
  read: async (into: Uint8Array, position: number) =>
    (await handle.read(into, 0, into.length, position)).bytesRead,
});

function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines;
}

test.each<[string, number, string[]]>([
  ['', 3, []],
  ['\n', 3, ['']],
  ['no end', 3, ['no end']],
  ['a\nb\nc\n', 2, ['b', 'c']],
  ['a\nb\nc', 2, ['b', 'c']],
  ['a\n\n', 1, ['']],
  ['a\r\nb\r\n', 5, ['a', 'b']],
  ['10%\r20%\r30%', 2, ['20%', '30%']],
  ['10%\r20%\r', 1, ['20%']],
  ['10%\r20%\r\ndone\n', 2, ['20%', 'done']],
  ['a\r\r\nb', 3, ['a', '', 'b']],
  ['模\0"\\\t\u2028\n', 1, ['模\0"\\\t\u2028']],
])('%j ends with these of %i lines', async (content, count, lines) => {
  expect(await giveOf(content, { count })).toMatchObject({ lines, cut: null });
});

test('lines are those of splitting the whole text, wherever reads cut it', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', 'é', '模', '😀', '\r', '\n', '\r\n', '\0', '"', ' '), { maxLength: 60 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 9 }),
      async (content, count, blockBytes) => {
        const bytes = Buffer.from(content);
        const given = await give(bytesHandle(bytes), bytes.length, { count, blockBytes });
        expect(given).toMatchObject({ lines: splitLines(content).slice(-count), cut: null });
      },
    ),
    { numRuns: often(500) },
  );
});

test('what is given has at most so many bytes, whole lines as long as there is one, and is the end of what there is', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'bcdefgh', 'é', '模', '😀', '\r', '\n', '\0', '"'), { maxLength: 200 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.integer({ min: 20, max: 120 }),
      fc.integer({ min: 8, max: 64 }),
      async (content, jsonBytes, blockBytes) => {
        const bytes = Buffer.from(content);
        const all = splitLines(content);
        const { lines, cut, ...given } = await give(bytesHandle(bytes), bytes.length, {
          jsonBytes,
          blockBytes,
        });
        // The last byte looked at may be the one too many, and the quotation marks are not counted.
        expect(given.jsonBytes).toBeLessThanOrEqual(jsonBytes + 8);
        if (cut === null) {
          expect(lines).toEqual(all);
        }
        if (cut === 'lines') {
          expect(lines).toEqual(all.slice(-lines.length));
        }
        if (cut === 'line') {
          expect(lines).toHaveLength(1);
          expect(all.at(-1)!.endsWith(lines[0]!)).toBe(true);
          expect(lines[0]).not.toContain('\ufffd');
        }
      },
    ),
    { numRuns: often(1000) },
  );
});

test('bytes that are no text are bounded as well, by what they become', async () => {
  for (const byte of [0x00, 0x1b, 0xff, 0xe9, 0x80]) {
    const { jsonBytes, cut } = await giveOf(Buffer.alloc(3 * MIB, byte), { jsonBytes: MIB });
    expect([byte, cut]).toEqual([byte, 'line']);
    expect(jsonBytes).toBeLessThanOrEqual(MIB + 64);
  }
});

test('a character that is being written is left out until it is whole', async () => {
  const whole = Buffer.from('ab\n模');
  for (const cut of [1, 2]) {
    expect((await giveOf(whole.subarray(0, whole.length - cut))).lines).toEqual(['ab']);
  }
  expect((await giveOf(whole)).lines).toEqual(['ab', '模']);
  expect((await giveOf(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).lines).toEqual(['a\ufffdb']);
});

test('a file that becomes shorter or longer meanwhile gives lines of what is there', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quarry-lines-'));
  const path = join(folder.path, 'file');
  await writeFile(path, 'one\ntwo\nthree\n');
  await using handle = await open(path);
  expect((await give(fileOf(handle), 1000, { count: 2 })).lines).toEqual(['two', 'three']);
  expect((await give(fileOf(handle), 8, { count: 2 })).lines).toEqual(['one', 'two']);
  await truncate(path, 5);
  expect((await give(fileOf(handle), 14, { count: 2 })).lines).toEqual(['one', 't']);
  await truncate(path, 0);
  expect((await give(fileOf(handle), 14, { count: 2 })).lines).toEqual([]);
  // Between the look for the lines and their reading.
  await writeFile(path, 'one\ntwo\nthree\n');
  const found = await findLastLines(fileOf(handle), 14, { count: 2, jsonBytes: MIB });
  await truncate(path, 6);
  const json = await joined(lastLinesAsJson(fileOf(handle), found));
  expect(JSON.parse(`[${json}]`)).toEqual(['tw']);
});

test('of a file without an end the end is found at once', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quarry-lines-'));
  const path = join(folder.path, 'file');
  await writeFile(path, '');
  await truncate(path, 10 * 1024 * MIB);
  await using handle = await open(path);
  const { lines, cut, jsonBytes } = await give(fileOf(handle), 10 * 1024 * MIB, { jsonBytes: 4 * MIB });
  expect([lines.length, cut]).toEqual([1, 'line']);
  expect(jsonBytes).toBeLessThanOrEqual(4 * MIB + 64);
});
