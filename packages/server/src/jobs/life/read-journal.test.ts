import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJournal } from './read-journal.ts';

const line = (seq: number) =>
  `${JSON.stringify({ seq, at: '2026-01-05T09:00:00.000Z', type: 'run_started', runId: String(seq), workDirectory: '/' })}\n`;

async function numbersOf(path: string, after: number): Promise<number[][]> {
  const parts: number[][] = [];
  for await (const events of readJournal(path, after)) {
    parts.push(events.map(({ seq }) => seq));
  }
  return parts;
}

async function read(text: string, after = 0): Promise<number[][]> {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-journal-'));
  const path = join(base.path, 'journal.ndjson');
  await writeFile(path, text);
  return await numbersOf(path, after);
}

test('a journal is read from behind what is applied, up to a line that was cut short', async () => {
  expect(await read(line(1) + line(2) + line(3) + line(4).slice(0, 30), 1)).toEqual([[2, 3]]);
  expect(await read(line(1), 1)).toEqual([]);
});

test('a long journal comes in parts', async () => {
  const numbers = Array.from({ length: 1200 }, (_, index) => index + 1);
  const parts = await read(numbers.map(line).join(''));
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.flat()).toEqual(numbers);
});

test('a journal that is not there has no events', async () => {
  expect(await numbersOf('/nowhere/journal.ndjson', 0)).toEqual([]);
});
