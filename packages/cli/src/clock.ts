import { setTimeout as delay } from 'node:timers/promises';

/** Time as commands see it, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970, true durations apart: the wall clock may be set meanwhile. */
  now(): number;
  /** Waits; rejects with an AbortError when the signal fires. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { signal });
  },
};
