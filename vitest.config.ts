import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/{src,test}/**/*.test.ts',
      'e2e/**/*.test.ts',
      'examples/**/*.test.ts',
      'bench/*.test.ts',
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The machines that run these have two cores; a worker fewer than cores would leave one idle.
    maxWorkers: 2,
  },
});
