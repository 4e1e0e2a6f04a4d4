import { type Caller, person } from '../../access/caller.ts';
import { LIMITS } from '../../limits.ts';
import { Problem, tooManyRequests } from '../../problems.ts';

const RETRY_AFTER_SECONDS = 5;

/** Counts the requests of each user that wait for something to happen, since each holds a connection. */
export interface WaitSlots {
  /** A slot for one more request of this caller, until it is disposed of; refuses when there is none. */
  take(caller: Caller): Disposable;
}

interface SlotsOptions {
  perUser: number;
  /** Of all users together; as many as there are when absent. */
  inAll?: number;
  /** What such requests do, in words: "that wait for news of jobs". */
  what: string;
  hint: string;
}

/** For requests that wait for a job to change. */
export function createWaitSlots(perUser: number = LIMITS.waitsPerUser): WaitSlots {
  return createSlots({
    perUser,
    what: 'that wait for news of jobs',
    hint: 'Close some of them, ask without "wait", or wait for several jobs one after another.',
  });
}

/** For requests that follow a file of a run. */
export function createFollowSlots(
  perUser: number = LIMITS.followersPerUser,
  inAll: number = LIMITS.followers,
): WaitSlots {
  return createSlots({
    perUser,
    inAll,
    what: 'that follow files of runs',
    hint: 'Close some of them, or read the end of the file now and then (tail/ with "lines" or a Range).',
  });
}

function createSlots({ perUser, inAll = Number.POSITIVE_INFINITY, what, hint }: SlotsOptions): WaitSlots {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    take(caller) {
      const { userId } = person(caller);
      const before = taken.get(userId) ?? 0;
      if (before >= perUser) {
        throw tooManyRequests(`You have ${before} requests ${what}, the most that one user may have.`, {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
          hint,
        });
      }
      if (all >= inAll) {
        throw new Problem('busy', `There are ${all} requests ${what}, the most that this platform serves.`, {
          code: 'too_many_followers',
          hint,
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      }
      taken.set(userId, before + 1);
      all += 1;
      let isLeft = false;
      return {
        [Symbol.dispose]() {
          if (isLeft) {
            return;
          }
          isLeft = true;
          all -= 1;
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
