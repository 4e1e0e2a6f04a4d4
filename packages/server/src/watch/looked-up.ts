import { LIMITS } from '../limits.ts';

/** What looking takes is at most this part of the time. */
const COST = 50;

/** What is found out when somebody asks, and then holds for a while, longer the longer the look took. */
export function lookedUp<Found>(look: () => Promise<Found>): () => Promise<Found> {
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
        holdsUntil = now + Math.max(LIMITS.metricsSeconds * 1000, (now - begun) * COST);
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
