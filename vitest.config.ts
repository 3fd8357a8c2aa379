import { defineConfig } from 'vitest/config';

/** Tests of one tier; each tier is a project, so that `vitest --project unit` runs it alone. */
function tier(name: string, include: string[], options: Record<string, unknown> = {}) {
  return { extends: true as const, test: { name, include, ...options } };
}

export default defineConfig({
  resolve: { tsconfigPaths: true },
  // Nest's injection reads the types that TypeScript's legacy decorators leave behind.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    environment: 'node',
    restoreMocks: true,
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/test-report.json' }]],
    projects: [
      tier('unit', ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'test/delivery/**/*.spec.ts']),
      tier('contract', ['test/contracts/**/*.spec.ts'], { testTimeout: 30_000 }),
      tier('medium', ['test/medium/**/*.spec.ts'], { testTimeout: 60_000, hookTimeout: 60_000 }),
      tier('e2e', ['test/e2e/**/*.spec.ts'], {
        globalSetup: ['test/e2e/shared-stack.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      tier('faults', ['test/faults/**/*.spec.ts'], {
        testTimeout: 300_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      // Needs Chromium and the built stack; CHROMIUM names it where it is not at its usual place.
      tier('browser', ['test/browser/**/*.spec.ts'], {
        globalSetup: ['test/e2e/shared-stack.ts'],
        testTimeout: 60_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      // Need Python; scripts/independent.mjs prepares it and runs them.
      tier(
        'independent-ministack',
        ['test/independent/**/*.spec.ts', 'test/contracts/**/*.spec.ts'],
        {
          globalSetup: ['test/independent/ministack.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      ),
      tier('independent-moto', ['test/contracts/**/*.spec.ts'], {
        globalSetup: ['test/independent/moto.ts'],
        testTimeout: 60_000,
      }),
      // Needs images; test/image/verify.sh makes them and runs it.
      tier('image', ['test/image/**/*.spec.ts'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
    ],
  },
});
