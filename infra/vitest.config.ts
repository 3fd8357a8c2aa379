import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests compare with the code of apps and libs, whose aliases stand in the root's tsconfig.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.spec.ts'],
    // One process, whose templates all files look at: making them is most of the work.
    isolate: false,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Where scripts/check.mjs counts.
    reporters: ['default', ['json', { outputFile: '../node_modules/.cache/test-report.json' }]],
  },
});
