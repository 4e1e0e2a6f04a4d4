import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from './open.ts';
import { prepared } from './prepared.ts';

test('prepared() builds a query once for each database and gives every call its own values', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-prepared-'));
  let built = 0;
  const find = prepared(['name', 'code'], (queries, { name, code }) => {
    built += 1;
    return queries
      .selectFrom('workspaces')
      .where('company_code', '=', code)
      .where('company_name', '=', 'Company')
      .where('name', '=', name)
      .select('id');
  });
  try {
    await using database = await openDatabase(join(directory, 'quarry.db'));
    await database.write(async (queries) => {
      for (const name of ['one', 'two']) {
        await queries
          .insertInto('workspaces')
          .values({
            id: `id of ${name}`,
            name,
            company_code: 'c',
            company_name: 'Company',
            date_inserted: '',
          })
          .execute();
      }
      expect(await find(queries, { name: 'one', code: 'c' })).toEqual([{ id: 'id of one' }]);
    });
    expect(await find(database.read, { name: 'one', code: 'c' })).toEqual([{ id: 'id of one' }]);
    expect(await find(database.read, { name: 'two', code: 'c' })).toEqual([{ id: 'id of two' }]);
    expect(await find(database.read, { name: 'two', code: "' OR 1" })).toEqual([]);
    expect(built).toBe(2);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
