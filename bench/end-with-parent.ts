/**
 * Loaded first (`--import`) into every process that the benchmark starts: when the benchmark is gone,
 * however it ended, its end of the pipe closes, and the process ends too.
 */
process.stdin.on('end', () => process.exit(1));
process.stdin.on('error', () => process.exit(1));
process.stdin.resume();
if ('unref' in process.stdin) process.stdin.unref();
