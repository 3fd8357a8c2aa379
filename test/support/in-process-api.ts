import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { TABLES } from '@sensorflow/platform/resources/tables.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppModule } from '../../apps/api/src/app.module.js';
import { configureApp, createHttpAdapter } from '../../apps/api/src/configure-app.js';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';
import {
  ISSUER,
  MACHINE_CLIENT_ID,
  startJwksServer,
  TokenSigner,
  WEB_CLIENT_ID,
} from './token-signer.js';

export const FRONTEND_ORIGIN = 'https://app.sensorflow.example';

/** Nothing listens there: neither Cognito nor S3 is needed to refuse a request. */
const NOWHERE = 'http://127.0.0.1:9';

/** The whole API in this process, as main.ts puts it together, on an embedded DynamoDB of its own. */
export interface InProcessApi {
  readonly app: NestFastifyApplication;
  /** Of a machine with every scope, and of a person in a cookie. */
  readonly machineToken: string;
  readonly sessionCookie: string;
  close(): Promise<void>;
}

export async function startInProcessApi(): Promise<InProcessApi> {
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-api-'));
  const dbPath = join(folder, 'dynamodb.db');
  const binary = findDynoxide(process.env);
  const dynoxide = await startDynoxide({ binary, dbPath, port: 0, host: '127.0.0.1' });
  const signer = TokenSigner.create();
  const jwks = await startJwksServer(signer.jwk);
  pointSdkAt(dynoxide.url);
  await createTables();
  const app = await createApp(jwks.url);
  return {
    app,
    machineToken: signer.machineToken({ scope: ALL_SCOPES }),
    sessionCookie: `__Host-sensorflow=${signer.userToken({ 'cognito:groups': ['admins'] })}`,
    close: async () => {
      await app.close();
      await jwks.close();
      await dynoxide.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const ALL_SCOPES = ['read', 'write', 'import', 'admin']
  .map((name) => `sensorflow/${name}`)
  .join(' ');

function pointSdkAt(dynamoDbUrl: string): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
    AWS_ENDPOINT_URL_S3: NOWHERE,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: NOWHERE,
  });
}

/** Each table is named as the variable that names it. */
async function createTables(): Promise<void> {
  const client = new DynamoDBClient({ region: 'local' });
  const tables = TABLES.map((definition) => ({ definition, name: definition.nameVariable }));
  await ensureTables(client, tables);
  client.destroy();
}

async function createApp(jwksUrl: string): Promise<NestFastifyApplication> {
  const environment = readApiEnvironment({
    AWS_REGION: 'local',
    ...Object.fromEntries(TABLES.map(({ nameVariable }) => [nameVariable, nameVariable])),
    S3_BUCKET_NAME: 'uploads',
    COGNITO_CLIENT_ID: WEB_CLIENT_ID,
    COGNITO_CLIENT_SECRET: 'client-secret',
    COGNITO_ISSUERS: ISSUER,
    COGNITO_JWKS_URI: jwksUrl,
    COGNITO_MACHINE_CLIENT_IDS: MACHINE_CLIENT_ID,
    FRONTEND_URL: FRONTEND_ORIGIN,
    TRUSTED_PROXY_HOPS: '2',
    SWEEP_DELAY_MINUTES: '0',
  });
  const logger = createLogger('silent');
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.from(environment, logger),
    createHttpAdapter(environment, logger),
    { logger: false, bodyParser: false },
  );
  configureApp(app, environment);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
