/**
 * NODE_OPTIONS of the csv-importer. Its rows wait in arrays outside the heap. Blocks and calls are short-lived, and on a
 * machine with much memory V8 would keep ten times as many before it collects them. A young generation of 2 MB costs a
 * fifth more CPU than one of 8 MB.
 */
export const IMPORTER_NODE_OPTIONS = '--max-semi-space-size=8 --max-old-space-size=128';

/**
 * MALLOC_ARENA_MAX of the csv-importer. The C library gives V8's threads heaps of their own, which keep freed memory.
 * Without a limit, the process has about 20 MB more resident.
 */
export const IMPORTER_MALLOC_ARENAS = '2';
