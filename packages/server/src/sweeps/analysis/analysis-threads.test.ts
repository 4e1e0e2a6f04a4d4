import { expect, test } from 'vitest';
import type { SurfaceRequest } from './analyse.ts';
import { type AnalysisThreads, createAnalysisThreads } from './analysis-threads.ts';

const PATIENT = { threads: 1, seconds: 60 };
const never = new AbortController().signal;

const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];

/** A fit of degree 3 in so many inputs; of 100,000 runs in 10 it takes many seconds. */
function request(inputs: number, runs: number): SurfaceRequest {
  const numbers = (root: number) =>
    Float64Array.from({ length: runs }, (_, run) => ((run + 1) * Math.sqrt(root)) % 1);
  return {
    kind: 'response-surface',
    output: 'y',
    degree: 3,
    interactions: true,
    sample: {
      inputs: Array.from({ length: inputs }, (_, input) => ({
        name: `x${input}`,
        isNumeric: true,
        values: numbers(PRIMES[input]!),
      })),
      output: numbers(31),
    },
  };
}

const sizeOf = (inputs: number, runs: number) =>
  ({ kind: 'response-surface', degree: 3, interactions: true, inputs, runs }) as const;

function run(threads: AnalysisThreads, inputs: number, runs: number) {
  return threads.run(sizeOf(inputs, runs), async () => request(inputs, runs), never);
}

test('small analyses are done at once, large ones wait for a thread, and all come to their end', async () => {
  const threads = createAnalysisThreads(PATIENT);
  const sizes = [1, 2, 4, 5];
  const fits = await Promise.all(sizes.map((inputs) => run(threads, inputs, 1000)));
  expect(fits.map(({ terms }) => terms.length)).toEqual([4, 10, 35, 56]);
});

test.each([2, 8])(
  'an analysis in %d inputs that cannot be done is refused in its own words',
  async (inputs) => {
    const threads = createAnalysisThreads(PATIENT);
    await expect(run(threads, inputs, 5)).rejects.toMatchObject({
      name: 'ImpossibleError',
      code: 'too_few_runs',
      message: expect.stringContaining(`in ${inputs} inputs`),
      hint: expect.stringContaining('degree=2'),
    });
  },
);

test('an analysis that takes too long is given up, and the next one has its turn', async () => {
  const threads = createAnalysisThreads({ ...PATIENT, seconds: 1 });
  for (const each of [1, 2].map(() => run(threads, 10, 100_000))) {
    await expect(each).rejects.toMatchObject({
      name: 'ImpossibleError',
      code: 'too_large',
      message: expect.stringContaining('more than 1 seconds'),
    });
  }
});

test('an analysis that nobody waits for any more ends, also before its turn', async () => {
  const threads = createAnalysisThreads(PATIENT);
  const leaving = new AbortController();
  let read = 0;
  const both = [1, 2].map(() =>
    threads.run(
      sizeOf(10, 100_000),
      async () => {
        read += 1;
        // By then the thread is at work, and the other analysis waits for it.
        setImmediate(() => leaving.abort());
        return request(10, 100_000);
      },
      leaving.signal,
    ),
  );
  for (const each of both) {
    await expect(each).rejects.toThrow('Nobody waits');
  }
  expect(read).toBe(1);
  expect((await run(threads, 5, 1000)).terms).toHaveLength(56);
});
