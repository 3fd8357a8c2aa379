import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { ROOT } from './root.ts';
import type { Stand } from './stand.ts';

const STACK = join(ROOT, 'dist/apps/local/src/main.js');
const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;

/** Seconds from starting the embedded stack to its API being ready; on a folder that it was started on before, warm. */
export async function measureStart(stand: Stand): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const stack = stand.children.start({
    name: 'stack',
    core: undefined,
    command: [STACK],
    outputFile: join(stand.folder, 'stack.log'),
    variables: {
      SENSORFLOW_ENV_FILE: 'none',
      SENSORFLOW_DATA_DIR: join(stand.folder, 'stack'),
      PORT: String(port),
      LOG_LEVEL: 'warn',
    },
  });
  const deadline = startedAt + READY_WITHIN_MS;
  while (!(await isReady(port))) {
    if (performance.now() > deadline) throw new Error('the stack does not become ready');
    await delay(POLL_MS);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await stack.stop();
  return seconds;
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
