import { defineConfig } from 'vitest/config';

// Two cores: more workers would only make the timed parts (servers, processes) slower.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/soak/**'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
