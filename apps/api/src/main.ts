import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Readiness } from '@sensorflow/health';
import { isEmbeddedStack } from '@sensorflow/platform/config/embedded-stack.js';
import { ConfigurationError, readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { bufferedOutput } from '@sensorflow/platform/logging/buffered-output.js';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { NestLogger } from '@sensorflow/platform/logging/nest-logger.js';
import { AppModule } from './app.module.js';
import { configureApp, createHttpAdapter } from './configure-app.js';
import { lanAccessOf } from './lan/lan-access.js';
import { drainOnSignal } from './drain.js';
import { untilReady } from './until-ready.js';

/** Starts the HTTP server from environment variables alone. */
async function start(): Promise<void> {
  const environment = readApiEnvironment(process.env);
  const logger = createLogger(environment.LOG_LEVEL, bufferedOutput());
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.from(environment, logger),
    createHttpAdapter(environment, logger),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  const lan = isEmbeddedStack() ? lanAccessOf(process.env, environment, logger) : undefined;
  configureApp(app, environment, lan);
  const readiness = app.get(Readiness, { strict: false });
  drainOnSignal(app, readiness, environment.SHUTDOWN_GRACE_MS, logger);
  await app.init();
  await untilReady(readiness, logger);
  await lan?.listen(app.getHttpAdapter().getInstance(), environment.HOST);
  await app.listen(environment.PORT, environment.HOST);
  logger.info({ url: await app.getUrl() }, 'listening');
}

try {
  await start();
} catch (error) {
  const message = error instanceof ConfigurationError ? error.message : errorNames(error);
  process.stderr.write(`SensorFlow cannot start. ${message}\n`);
  process.exit(1);
}
