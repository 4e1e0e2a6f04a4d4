import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refused, storageFull } from '../problems.ts';
import type { Queries } from './database.ts';
import { openDatabase } from './open.ts';
import { recordEvent } from './queries/record-event.ts';
import { undoneIfRefused } from './undone-if-refused.ts';

const note = (queries: Queries, subject: string) =>
  recordEvent(queries, { at: '2026-01-05T09:00:00.000000Z', actorId: null, subject, verb: 'created' });
const no = () => refused('No.', { code: 'no' });

test('of a part that is refused nothing stays, and everything of the others, also beside other writes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'undone-'));
  try {
    await using database = await openDatabase(join(directory, 'quarry.db'));
    const parts = (name: string) =>
      database.write(async (queries) => {
        await undoneIfRefused(queries, () => note(queries, `job:${name} first`));
        const part = undoneIfRefused(queries, async () => {
          await note(queries, `job:${name} refused`);
          throw no();
        });
        await expect(part).rejects.toThrow('No.');
        await note(queries, `job:${name} last`);
      });
    // Alone in its transaction, and with others.
    await parts('alone');
    await Promise.all([parts('one'), parts('two')]);
    const trouble = database.write(async (queries) => {
      await note(queries, 'job:before the trouble');
      await undoneIfRefused(queries, async () => {
        throw storageFull();
      }).catch(() => {
        throw no();
      });
    });
    await expect(trouble).rejects.toThrow('No.');
    const rows = await database.read.selectFrom('events').select('subject').orderBy('seq').execute();
    expect(rows.map(({ subject }) => subject)).toEqual(
      ['alone', 'one', 'two'].flatMap((name) => [`job:${name} first`, `job:${name} last`]),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
