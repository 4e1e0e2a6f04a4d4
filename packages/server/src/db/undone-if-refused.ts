import { sql } from 'kysely';
import { isOfPlatform, Problem } from '../problems.ts';
import type { Queries } from './database.ts';

/**
 * Does a part of a write of which nothing stays when it is refused, while the rest of the write goes on. Parts come one after the
 * other; for whatever else goes wrong the write as a whole is undone, as ever.
 */
export async function undoneIfRefused<Result>(
  queries: Queries,
  work: () => Promise<Result>,
): Promise<Result> {
  await sql`SAVEPOINT one_part`.execute(queries);
  try {
    const result = await work();
    await sql`RELEASE one_part`.execute(queries);
    return result;
  } catch (error) {
    if (error instanceof Problem && !isOfPlatform(error)) {
      await sql`ROLLBACK TO one_part`.execute(queries);
      await sql`RELEASE one_part`.execute(queries);
    }
    throw error;
  }
}
