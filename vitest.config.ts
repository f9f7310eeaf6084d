import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/sequencer.js';

// Two cores: more workers would only make the timed parts (servers, processes) slower. A worker keeps its modules and
// kernels from file to file: loading them anew took as long as a third of the tests.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/soak/**'],
    setupFiles: ['test/support/setup.ts'],
    isolate: false,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
