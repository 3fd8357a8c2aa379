/**
 * How Node is told to keep its heaps small. On a machine with much memory V8 lets a heap grow to several times what is
 * in use before it collects it, and the C library keeps what was freed in as many arenas as there are threads.
 */
export const MALLOC_ARENAS = '2';

/** Of the API, which holds up to 96 MiB of bodies (outside its heap) and as many readings that wait for the store. */
export const API_NODE_OPTIONS = '--max-semi-space-size=4 --max-old-space-size=512';

/** Of functions that read streams: an invocation has 6 MB of records at most. */
export const READER_NODE_OPTIONS = '--max-semi-space-size=4 --max-old-space-size=256';

/** Of the check before DynamoDB, whose bodies lie outside its heap. */
export const STORE_NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=128'] as const;
