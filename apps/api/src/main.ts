import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Readiness } from '@sensorflow/health';
import { isEmbeddedStack } from '@sensorflow/platform/config/embedded-stack.js';
import { envFileOf } from '@sensorflow/platform/config/env-file.js';
import { ConfigurationError } from '@sensorflow/platform/config/environment.js';
import { bufferedOutput } from '@sensorflow/platform/logging/buffered-output.js';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { NestLogger } from '@sensorflow/platform/logging/nest-logger.js';
import { argumentsOrExit } from '@sensorflow/platform/terminal/command.js';
import { AppModule } from './app.module.js';
import { loadConfiguration, type ApiConfig } from './configuration.js';
import { configureApp, createHttpAdapter } from './configure-app.js';
import { lanAccessOf } from './lan/lan-access.js';
import { drainOnSignal } from './drain.js';
import { untilReady } from './until-ready.js';

const USAGE = `Usage: npm run start

Starts the API, configured by environment variables and, for those that are not set, by the file .env; needs AWS or
what stands for it. npm run local starts everything on this machine.

  SENSORFLOW_ENV_FILE   another file than .env, or none
  All variables: .env.example and docs/configuration.md`;

const WITHOUT_AWS = `Set them in the environment or in .env: .env.example has them all.
To start everything on this machine, without AWS: npm run local`;

/** Starts the HTTP server from the environment and .env alone. */
async function start(): Promise<void> {
  const configuration = await loadConfiguration(envFileOf(process.env));
  // The server's limits and the log are there before Nest is.
  const { environment } = configuration;
  const logger = createLogger(environment.LOG_LEVEL, bufferedOutput());
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.from(configuration, logger),
    createHttpAdapter(environment, logger),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  const lan = isEmbeddedStack() ? lanAccessOf(process.env, environment, logger) : undefined;
  configureApp(app, lan);
  const config = app.get<ApiConfig>(ConfigService);
  const readiness = app.get(Readiness, { strict: false });
  drainOnSignal(app, readiness, config.get('SHUTDOWN_GRACE_MS', { infer: true }), logger);
  await app.init();
  await untilReady(readiness, logger);
  const host = config.get('HOST', { infer: true });
  await lan?.listen(app.getHttpAdapter().getInstance(), host);
  await app.listen(config.get('PORT', { infer: true }), host);
  logger.info({ url: await app.getUrl() }, 'listening');
}

argumentsOrExit({ usage: USAGE, options: {}, places: 0 });
try {
  await start();
} catch (error) {
  const message =
    error instanceof ConfigurationError ? `${error.message}\n${WITHOUT_AWS}` : errorNames(error);
  process.stderr.write(`SensorFlow cannot start. ${message}\n`);
  process.exit(1);
}
