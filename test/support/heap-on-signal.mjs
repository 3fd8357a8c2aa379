import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** Loaded into a process with `--import`: SIGUSR2 prints the bytes that it really holds, on its heap and beside it. */
process.on('SIGUSR2', () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ heapBytes: heapUsed, externalBytes: external })}\n`);
});
