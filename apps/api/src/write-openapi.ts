import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { writeFileSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './configure-app.js';
import { createDocument } from './documents.js';

/** Nothing listens at any of these addresses, and nothing is asked: only the routes are looked at. */
const NOWHERE = {
  AWS_REGION: 'local',
  DYNAMODB_TABLE_NAME: 'readings',
  DYNAMODB_AGGREGATE_TABLE_NAME: 'aggregates',
  DYNAMODB_IMPORTS_TABLE_NAME: 'imports',
  DYNAMODB_SESSIONS_TABLE_NAME: 'sessions',
  S3_BUCKET_NAME: 'uploads',
  UPLOADS_QUEUE_URL: 'http://127.0.0.1:9/uploads',
  COGNITO_CLIENT_ID: 'web',
  COGNITO_CLIENT_SECRET: 'secret',
  COGNITO_USER_POOL_ID: 'local_pool',
  COGNITO_ISSUERS: 'http://127.0.0.1:9/pool',
  COGNITO_JWKS_URI: 'http://127.0.0.1:9/pool/.well-known/jwks.json',
  COGNITO_MACHINE_CLIENT_IDS: 'machine',
  FRONTEND_URL: 'none',
};

/** Writes the OpenAPI document to the file that is named, without a server: what the console's types are made of. */
const [, , file = 'openapi.json'] = process.argv;
const environment = readApiEnvironment(NOWHERE);
const logger = createLogger('silent');
const app = await NestFactory.create(
  AppModule.from(environment, logger),
  createHttpAdapter(environment, logger),
  { logger: false, bodyParser: false },
);
writeFileSync(file, JSON.stringify(createDocument(app)));
process.exit(0);
