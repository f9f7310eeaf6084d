import { defineConfig } from 'vitest/config';

// Long runs that show what the specification promises, one after the other, since each takes all cores:
// `npm run soak`, or one of them, as `npm run soak:features` and `npm run soak:bytes`.
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    fileParallelism: false,
    testTimeout: 24 * 3_600_000,
    hookTimeout: 600_000,
    disableConsoleIntercept: true,
  },
});
