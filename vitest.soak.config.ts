import { defineConfig } from 'vitest/config';

// Long runs, one after the other: `npm run soak`, or one of them by `npm run soak:features` and `soak:bytes`.
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 12 * 3_600_000,
    disableConsoleIntercept: true,
  },
});
