import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import type { Caller } from './caller.ts';

/** A request that was refused because of who sent it. */
interface Refused {
  caller: Caller;
  method: string;
  route: string;
  requestId: string;
}

/**
 * Notes in the log of events what somebody asked for who may not: once in a while by each, since a program that does not
 * understand the answer asks again at once, and everything that is written here stays.
 */
export function createRefusals({
  database,
  clock,
  logger,
}: {
  database: Database;
  clock: Clock;
  logger: Logger;
}) {
  /** When each was noted last, by `performance.now()`, in that order. */
  const noted = new Map<string, number>();

  return async ({ caller, method, route, requestId }: Refused): Promise<void> => {
    if (caller.kind === 'anonymous') {
      return;
    }
    const now = performance.now();
    const what = `${method} ${route}`;
    const who = `${caller.kind} ${caller.userId} ${what}`;
    for (const [known, at] of noted) {
      if (now - at < LIMITS.refusalSeconds * 1000 && noted.size <= LIMITS.refusalsKnown) {
        break;
      }
      noted.delete(known);
    }
    if (noted.has(who)) {
      return;
    }
    noted.set(who, now);
    const detail = { requestId, ...('jobId' in caller ? { job: caller.jobId } : {}) };
    await database
      .write((queries) =>
        recordEvent(queries, {
          at: clock.now(),
          actorId: caller.userId,
          subject: `endpoint:${what}`,
          verb: 'refused',
          detail,
        }),
      )
      .catch((error) => logger.warn({ err: error, request: requestId }, 'a refusal was not recorded'));
  };
}
