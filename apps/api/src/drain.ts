import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Readiness } from '@sensorflow/health';
import { HTTP_TIMING } from '@sensorflow/platform/resources/http-timing.js';
import { ReadingWriter } from '@sensorflow/sensor-data';
import type { Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';

/** This long before the process ends, connections are cut, … */
const CUT_OFF_MS = 1000;
/** … and this long before that, the last admitted write is answered. */
const LAST_ANSWERS_MS = 1000;

/**
 * On the first SIGTERM or SIGINT: not ready, go on serving for the load balancer's sake but ask every
 * client to take its next request elsewhere, then finish what was admitted and exit with 0. Further
 * signals change nothing. Call it before the server listens.
 */
export function drainOnSignal(
  app: NestFastifyApplication,
  readiness: Readiness,
  graceMs: number,
  logger: Logger,
): void {
  let draining: Promise<void> | undefined;
  const begin = (signal: string): void => {
    draining ??= drain(app, readiness, graceMs, logger, signal);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, begin);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (_request, reply, payload, done) => {
      if (draining) void reply.header('connection', 'close');
      done(null, payload);
    });
}

async function drain(
  app: NestFastifyApplication,
  readiness: Readiness,
  graceMs: number,
  logger: Logger,
  signal: string,
): Promise<void> {
  logger.info({ signal }, 'draining');
  readiness.beginDraining();
  const exitMs = Math.max(HTTP_TIMING.exitMs, graceMs + 5000);
  app.get(ReadingWriter, { strict: false }).answerWithin(exitMs - CUT_OFF_MS - LAST_ANSWERS_MS);
  // Once it closes, Node's server waits without end for what silent connections do not send.
  setTimeout(() => app.getHttpServer().closeAllConnections(), exitMs - CUT_OFF_MS).unref();
  setTimeout(() => process.exit(1), exitMs).unref();
  try {
    await delay(graceMs);
    await app.close();
    logger.info('drained');
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, 'drain failed');
    process.exit(1);
  }
}
