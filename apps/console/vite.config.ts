import { defineConfig } from 'vite';

/** Built into dist/console, from where the API serves it. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: ['chrome125', 'firefox125', 'safari17.5'],
    // The policy of the pages allows no data: URLs but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: 'manifest.json',
    // Of everything that the served files are made of.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // Says of each module of a library that "use client" means nothing here, which is so.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
