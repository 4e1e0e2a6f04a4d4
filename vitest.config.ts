import { defineConfig } from 'vitest/config';
import { canMount } from './packages/server/testing/can-mount.ts';

/** See packages/contract/testing/often.ts. */
const often = Number(process.env.QUARRY_TEST_OFTEN ?? 1);
const seed = process.env.QUARRY_TEST_SEED === undefined ? null : Number(process.env.QUARRY_TEST_SEED);

/** What holds of jobs wherever their agents keep their files. */
const APART = [
  'e2e/crash.test.ts',
  'e2e/sandbox.test.ts',
  'e2e/sweep-crash.test.ts',
  'packages/server/test/stop-kinds.test.ts',
  'packages/server/test/journeys/outputs-not-kept.test.ts',
  'packages/server/test/journeys/signals.test.ts',
  'packages/server/test/journeys/follow.test.ts',
];

/** Takes ten minutes beside the others: `.ci/long` sets QUARRY_TEST_PAGES. */
const EVERY_PAGE = ['e2e/portal/pages.test.ts'];

/** What `npm run build` has made, which has to be there. */
const PACKAGES = ['e2e/packages/**'];

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
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts', 'packages/*/test/journeys/**/*.test.ts'],
          exclude: [...PACKAGES, ...(process.env.QUARRY_TEST_PAGES ? [] : EVERY_PAGE)],
        },
      },
      {
        extends: true,
        test: { name: 'packages', include: ['e2e/packages/**/*.test.ts'] },
      },
      // Some of them once more, with agents for whom the data directory is not there.
      {
        extends: true,
        test: {
          name: 'apart',
          include: canMount() ? APART : [],
          env: { QUARRY_TEST_AGENTS: 'apart' },
        },
      },
    ],
  },
});
