import { type Caller, person } from '../../access/caller.ts';
import { LIMITS } from '../../limits.ts';
import { tooManyRequests } from '../../problems.ts';

const RETRY_AFTER_SECONDS = 5;

/** Counts the requests of each user that wait for a job to change, since each holds a connection. */
export interface WaitSlots {
  /** A slot for one more request of this caller, until it is disposed of; refuses when there is none. */
  take(caller: Caller): Disposable;
}

export function createWaitSlots(perUser: number = LIMITS.waitsPerUser): WaitSlots {
  const taken = new Map<string, number>();
  return {
    take(caller) {
      const { userId } = person(caller);
      const before = taken.get(userId) ?? 0;
      if (before >= perUser) {
        throw tooManyRequests(
          `You have ${before} requests that wait for news of jobs, the most that one user may have.`,
          {
            retryAfterSeconds: RETRY_AFTER_SECONDS,
            hint: 'Close some of them, ask without "wait", or wait for several jobs one after another.',
          },
        );
      }
      taken.set(userId, before + 1);
      let isLeft = false;
      return {
        [Symbol.dispose]() {
          if (isLeft) {
            return;
          }
          isLeft = true;
          const left = taken.get(userId)! - 1;
          if (left > 0) {
            taken.set(userId, left);
          } else {
            taken.delete(userId);
          }
        },
      };
    },
  };
}
