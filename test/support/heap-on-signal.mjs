/** Loaded into a process with `--import` (and `--expose-gc`): SIGUSR2 prints the bytes that its heap really holds. */
process.on('SIGUSR2', () => {
  globalThis.gc();
  process.stdout.write(`${JSON.stringify({ heapBytes: process.memoryUsage().heapUsed })}\n`);
});
