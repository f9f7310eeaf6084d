import { defineConfig } from 'vitest/config';

// Long runs that show what the specification promises; one file after another, since each takes all cores.
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 24 * 3_600_000,
    hookTimeout: 600_000,
  },
});
