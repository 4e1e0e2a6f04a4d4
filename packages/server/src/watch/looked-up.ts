import { LIMITS } from '../limits.ts';

/** What is found out when somebody asks, and then holds for a while, longer the longer the look took. */
export function lookedUp<Found>(
  look: () => Promise<Found>,
  /** For how long it holds at least, and how many times as long as the look took. */
  { seconds = LIMITS.metricsSeconds, times = 50 }: { seconds?: number; times?: number } = {},
): () => Promise<Found> {
  let latest: Promise<Found> | null = null;
  let holdsUntil = 0;
  return () => {
    if (latest !== null && performance.now() < holdsUntil) {
      return latest;
    }
    holdsUntil = Number.POSITIVE_INFINITY;
    const begun = performance.now();
    latest = look().then(
      (found) => {
        const now = performance.now();
        holdsUntil = now + Math.max(seconds * 1000, (now - begun) * times);
        return found;
      },
      (error) => {
        latest = null;
        throw error;
      },
    );
    return latest;
  };
}
