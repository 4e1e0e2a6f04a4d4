import { type Clock, formatInstant } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { deleteIdempotencyKeys, findOldIdempotencyKeys } from '../db/queries/idempotency-keys.ts';
import { LIMITS } from '../limits.ts';

/** Other writes wait for a slice no longer than for a request. */
const KEYS_AT_ONCE = 5000;

/** Forgets the keys whose time is over; answers how many. */
export async function forgetKeys(context: { database: Database; clock: Clock }): Promise<number> {
  const { database, clock } = context;
  const now = Date.parse(clock.now());
  const before = formatInstant((now - LIMITS.idempotencyKeyHours * 3600_000) * 1000);
  for (let forgotten = 0; ; ) {
    const dates = await findOldIdempotencyKeys(database.read, before, KEYS_AT_ONCE);
    if (dates.length === 0) {
      return forgotten;
    }
    await database.write((queries) => deleteIdempotencyKeys(queries, dates.at(-1)!), { mayUseReserve: true });
    forgotten += dates.length;
  }
}
