import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { createLogger } from './logger.ts';
import { restWhenQuiet } from './rest.ts';
import { createBackground } from './upkeep/background.ts';

const resting = createBackground({ clock: systemClock(), logger: createLogger('fatal') }).task('rest');
const QUIET_MS = 20;
const NEVER_MS = 2 ** 31 - 1;

/** Resolves with how often it was released, once that is at least so often. */
function counted() {
  let count = 0;
  let waiting: { atLeast: number; resolve: () => void } | null = null;
  return {
    release: () => {
      count += 1;
      if (waiting !== null && count >= waiting.atLeast) {
        waiting.resolve();
      }
    },
    count: () => count,
    reached: (atLeast: number) =>
      new Promise<void>((resolve) => {
        waiting = { atLeast, resolve };
        if (count >= atLeast) {
          resolve();
        }
      }),
  };
}

test('a time without requests gives memory back, and the next one only after further requests', async () => {
  let asked = 0;
  const rests = counted();
  using _rest = restWhenQuiet({ resting, activity: () => asked, release: rests.release, quietMs: QUIET_MS });
  await rests.reached(1);
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS * 5));
  expect(rests.count()).toBe(1);
  asked += 1;
  await rests.reached(2);
});

test('the start rests at once, unless somebody has asked for something', () => {
  let asked = 0;
  const rests = counted();
  using rest = restWhenQuiet({ resting, activity: () => asked, release: rests.release, quietMs: NEVER_MS });
  asked += 1;
  rest.now();
  expect(rests.count()).toBe(0);
  asked -= 1;
  rest.now();
  expect(rests.count()).toBe(1);
});

test('what was garbage goes back to the system, the reserve of the young generation too', () => {
  using rest = restWhenQuiet({ resting, activity: () => 0, release: () => {}, quietMs: NEVER_MS });
  let kept: object[] = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  expect(kept).toHaveLength(1_000_000);
  const { heapTotal } = process.memoryUsage();
  kept = [];
  rest.now();
  expect(process.memoryUsage().heapTotal).toBeLessThan(heapTotal - 20 * 1024 * 1024);
});
