/**
 * A request with an `Idempotency-Key` does its work once (draft-ietf-httpapi-idempotency-key-header). What it made is
 * kept under the key in the transaction that makes it, so that neither a crash nor a second request at the same moment
 * finds the one without the other. A refused request keeps nothing, and its key may be used again.
 */
import { hash } from 'node:crypto';
import { person } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Database, Queries } from '../db/database.ts';
import { findIdempotencyKey, insertIdempotencyKey } from '../db/queries/idempotency-keys.ts';
import type { Call, RequestIdentity } from '../http/route.ts';
import { conflict, keyReused } from '../problems.ts';

interface Context {
  database: Database;
  clock: Clock;
}
type OnceCall = Pick<Call, 'caller' | 'idempotency' | 'replayed'>;

/** Makes something inside a write; what it answers can be written as JSON and is what a repeated request gets. */
export type Work<Made> = (queries: Queries) => Promise<Made>;

/**
 * Prepares and does the work of a request, or answers what an earlier request with the same key made and says so to
 * the caller. Refuses with 422 when the key belongs to another request.
 */
export async function once<Made>(
  context: Context,
  call: OnceCall,
  prepare: () => Promise<Work<Made>>,
): Promise<Made> {
  const { idempotency } = call;
  const findEarlier = async () => {
    const earlier = idempotency && (await findMade<Made>(context.database.read, call, idempotency));
    if (earlier) {
      call.replayed();
    }
    return earlier;
  };
  // Before preparing: what was in order then may be refused now, and the answer would still be that of the first.
  const earlier = await findEarlier();
  if (earlier) {
    return earlier.made;
  }
  let work: Work<Made>;
  try {
    work = await prepare();
  } catch (error) {
    // The first one may have come between, and what it did is what this one is refused for.
    const meanwhile = await findEarlier();
    if (meanwhile) {
      return meanwhile.made;
    }
    throw error;
  }
  return writeOnce(context, call, work);
}

/** The same for work that is prepared already. */
export async function writeOnce<Made>(
  { database, clock }: Context,
  call: OnceCall,
  work: Work<Made>,
): Promise<Made> {
  const { idempotency } = call;
  if (!idempotency) {
    return database.write(work);
  }
  const { made, isReplay } = await database.write(async (queries) => {
    const earlier = await findMade<Made>(queries, call, idempotency);
    if (earlier) {
      return { made: earlier.made, isReplay: true };
    }
    const fresh = await work(queries);
    await insertIdempotencyKey(queries, {
      user_id: person(call.caller).userId,
      key: idempotency.key,
      fingerprint: idempotency.fingerprint,
      answer: JSON.stringify(fresh),
      date_inserted: clock.now(),
    });
    return { made: fresh, isReplay: false };
  });
  if (isReplay) {
    call.replayed();
  }
  return made;
}

/** The identity of a request to which more belongs than its line and JSON body, such as the content of a file. */
export function identityWith(idempotency: RequestIdentity | null, more: object): RequestIdentity | null {
  if (!idempotency) {
    return null;
  }
  const { key, fingerprint } = idempotency;
  return { key, fingerprint: hash('sha256', JSON.stringify([fingerprint, more])) };
}

/** The refusal of a repeated request whose result, such as `The job "AbCdEf"`, was deleted after it was made. */
export function deletedSince(what: string) {
  return conflict(
    `${what}, which the first request with this Idempotency-Key made, has been deleted since.`,
    {
      code: 'idempotent_result_deleted',
      hint: 'To make another one, send the request with a new key.',
    },
  );
}

async function findMade<Made>(
  queries: Queries,
  { caller }: OnceCall,
  { key, fingerprint }: RequestIdentity,
): Promise<{ made: Made } | null> {
  const row = await findIdempotencyKey(queries, person(caller).userId, key);
  if (!row) {
    return null;
  }
  if (row.fingerprint === fingerprint) {
    return { made: JSON.parse(row.answer) as Made };
  }
  throw keyReused(
    'This Idempotency-Key was used for another request.',
    'A key goes with one method, path and body (of uploads: one name and content). Repeat that request as it was, or choose a new key.',
  );
}
