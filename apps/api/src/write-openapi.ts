import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { writeFileSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { configurationOf } from './configuration.js';
import { createHttpAdapter } from './configure-app.js';
import { createDocument } from './documents.js';
import { NOWHERE } from './nowhere.js';

/** Writes the OpenAPI document to the file that is named, without a server: what the console's types are made of. */
const [, , file = 'openapi.json'] = process.argv;
const environment = readApiEnvironment(NOWHERE);
const logger = createLogger('silent');
const app = await NestFactory.create(
  AppModule.from(configurationOf(environment), logger),
  createHttpAdapter(environment, logger),
  { logger: false, bodyParser: false },
);
writeFileSync(file, JSON.stringify(createDocument(app)));
process.exit(0);
