import type { Readiness } from '@sensorflow/health';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 250;

/**
 * Waits until every dependency can be used. A load balancer sends requests to whatever is alive, so that a process
 * which cannot serve yet must not listen yet. Once it listens, trouble of a dependency never stops it.
 */
export async function untilReady(readiness: Readiness, logger: Logger): Promise<void> {
  let told = '';
  for (;;) {
    const { isReady, checks } = await readiness.report();
    if (isReady) return;
    const state = JSON.stringify(checks);
    if (state !== told) logger.warn({ checks }, 'waiting for dependencies');
    told = state;
    await delay(LOOK_EVERY_MS);
  }
}
