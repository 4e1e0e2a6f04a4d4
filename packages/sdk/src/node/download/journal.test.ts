import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal, readJournal } from './journal.ts';
import { Stretches } from './stretches.ts';

const wanted = { identity: 'any', sizeBytes: 100, sha512: null, validator: null };
const TWO_DAYS_SECONDS = 2 * 86_400;

/** A journal of bytes that were written and not made safe, whose head the test changes. */
async function changed(change: (head: Record<string, unknown>) => void) {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-journal-'));
  const path = join(base.path, 'journal');
  const journal = await Journal.begin(path, wanted, new Stretches([{ start: 0, end: 60 }]));
  await journal.close();
  const [first, ...lines] = (await readFile(path, 'utf8')).split('\n');
  const head = JSON.parse(first!);
  change(head);
  await writeFile(path, [JSON.stringify(head), ...lines].join('\n'));
  return (await readJournal(path))!.stretches.list();
}

const kept = [{ start: 0, end: 60 }];

test('what was written counts as long as the machine was not started anew, whatever is done to its clock', async () => {
  const setClock = (head: Record<string, unknown>) => {
    head.bootedAt = Number(head.bootedAt) - TWO_DAYS_SECONDS;
  };
  expect(await changed(() => {})).toEqual(kept);
  expect(await changed(setClock)).toEqual(kept);
  expect(await changed((head) => Object.assign(head, { bootId: 'another' }))).toEqual([]);
});

test('a journal of the version before is judged by when the machine was started', async () => {
  const old = (head: Record<string, unknown>) => delete head.bootId;
  expect(await changed(old)).toEqual(kept);
  expect(
    await changed((head) => {
      old(head);
      head.bootedAt = Number(head.bootedAt) - TWO_DAYS_SECONDS;
    }),
  ).toEqual([]);
});
