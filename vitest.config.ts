import { defineConfig } from 'vitest/config';

/** See packages/contract/testing/often.ts. */
const often = Number(process.env.QUARRY_TEST_OFTEN ?? 1);
const seed = process.env.QUARRY_TEST_SEED === undefined ? null : Number(process.env.QUARRY_TEST_SEED);

export default defineConfig({
  test: {
    provide: { often, seed },
    testTimeout: 30_000 * often,
    hookTimeout: 30_000,
    // For two cores: tests wait for processes much of their time, and a third one uses what two leave idle.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: [
            'packages/*/{src,test}/**/*.test.ts',
            'examples/**/*.test.ts',
            'bench/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: ['packages/*/test/journeys/**'],
        },
      },
      // Journeys across packages: crashes, kills and large transfers take their time.
      {
        extends: true,
        test: { name: 'e2e', include: ['e2e/**/*.test.ts', 'packages/*/test/journeys/**/*.test.ts'] },
      },
    ],
  },
});
