import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { ALL_SCOPES } from '@sensorflow/platform/resources/identity.js';
import { TABLES } from '@sensorflow/platform/resources/tables.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppModule } from '../../apps/api/src/app.module.js';
import { configurationOf } from '../../apps/api/src/configuration.js';
import { configureApp, createHttpAdapter } from '../../apps/api/src/configure-app.js';
import {
  startCognitoServer,
  type RunningCognitoServer,
} from '../../apps/local/src/cognito/cognito-server.js';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { ensureIdentity, type Identity } from '../../apps/local/src/stack/identity.js';
import { basic, machineToken } from './api-client.js';
import { startEmbeddedTopic, type EmbeddedTopic } from './embedded-topic.js';

export const FRONTEND_ORIGIN = 'https://app.sensorflow.example';

/** Nothing listens there: neither S3 nor SQS is needed to refuse a request. */
const NOWHERE = 'http://127.0.0.1:9';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The whole API in this process, as main.ts puts it together, on an embedded DynamoDB and Cognito of its own. */
export interface InProcessApi {
  readonly app: NestFastifyApplication;
  /** Of a machine with every scope, and of an administrator in a cookie. */
  readonly machineToken: string;
  readonly sessionCookie: string;
  /** Of the same machine, with these scopes alone: names separated by spaces. */
  machineTokenFor(scope: string): Promise<string>;
  /** Of a new user of that group, or of none. */
  cookieOfUserIn(group: string | undefined): Promise<string>;
  close(): Promise<void>;
}

export interface InProcessOptions {
  /** Hears each line that the API logs; without it nothing is logged. */
  readonly log?: ((line: string) => void) | undefined;
  /** With a topic of live changes, of region and credentials `local`. */
  readonly topic?: EmbeddedTopic | undefined;
}

/** For live feeds of an API in this process. Close it after the API. */
export function startLocalTopic(): Promise<EmbeddedTopic> {
  return startEmbeddedTopic(undefined, { region: 'local', credentials: CREDENTIALS });
}

export async function startInProcessApi({
  log,
  topic,
}: InProcessOptions = {}): Promise<InProcessApi> {
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-api-'));
  const dbPath = join(folder, 'dynamodb.db');
  const binary = findDynoxide(process.env);
  const dynoxide = await startDynoxide({ binary, dbPath, port: 0, host: '127.0.0.1' });
  const cognito = await startCognito(folder);
  const identity = await ensureIdentity(cognito, 'Correct-horse-battery-7');
  pointSdkAt(dynoxide.url, cognito.url, topic);
  await createTables();
  const app = await createApp(identity, { log, topic });
  return {
    app,
    machineToken: await machineToken({ machine: machineOf(cognito, identity) }),
    sessionCookie: await logIn(app, identity.user),
    machineTokenFor: async (scope) =>
      machineToken({ machine: { ...machineOf(cognito, identity), scope } }),
    cookieOfUserIn: async (group) => {
      const user = { username: `one-of-${group ?? 'none'}`, password: 'Correct-horse-battery-8' };
      const { id } = await cognito.pools.ensurePool('sensorflow');
      const groups = group === undefined ? [] : [group];
      await cognito.pools.ensureUser(id, { ...user, groups, permanent: true });
      return logIn(app, user);
    },
    close: async () => {
      await app.close();
      await cognito.close();
      await dynoxide.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function machineOf({ url }: RunningCognitoServer, { machineClient }: Identity) {
  const { id: clientId, secret: clientSecret } = machineClient;
  return { tokenUrl: `${url}/oauth2/token`, clientId, clientSecret, scope: ALL_SCOPES.join(' ') };
}

function startCognito(dataDir: string): Promise<RunningCognitoServer> {
  return startCognitoServer({ dataDir, port: 0, region: 'local', credentials: CREDENTIALS });
}

async function logIn(app: NestFastifyApplication, user: Identity['user']): Promise<string> {
  const authorization = basic(user.username, user.password);
  const answer = await app.inject({
    method: 'POST',
    url: '/auth/login',
    headers: { authorization },
  });
  const [cookie] = answer.cookies;
  if (cookie === undefined) throw new Error(`login: ${answer.statusCode}`);
  return `${cookie.name}=${cookie.value}`;
}

function pointSdkAt(
  dynamoDbUrl: string,
  cognitoUrl: string,
  topic: EmbeddedTopic | undefined,
): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
    AWS_ENDPOINT_URL_S3: NOWHERE,
    AWS_ENDPOINT_URL_SQS: topic?.sqsUrl ?? NOWHERE,
    AWS_ENDPOINT_URL_SNS: topic?.snsUrl ?? NOWHERE,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cognitoUrl,
  });
}

/** Each table is named as the variable that names it. */
async function createTables(): Promise<void> {
  const client = new DynamoDBClient({ region: 'local' });
  const tables = TABLES.map((definition) => ({ definition, name: definition.nameVariable }));
  await ensureTables(client, tables);
  client.destroy();
}

async function createApp(
  identity: Identity,
  { log, topic }: InProcessOptions,
): Promise<NestFastifyApplication> {
  const environment = readApiEnvironment({
    AWS_REGION: 'local',
    ...Object.fromEntries(TABLES.map(({ nameVariable }) => [nameVariable, nameVariable])),
    S3_BUCKET_NAME: 'uploads',
    UPLOADS_QUEUE_URL: `${NOWHERE}/uploads`,
    COGNITO_CLIENT_ID: identity.webClient.id,
    COGNITO_CLIENT_SECRET: identity.webClient.secret,
    COGNITO_USER_POOL_ID: identity.userPoolId,
    COGNITO_ISSUERS: identity.issuer,
    COGNITO_JWKS_URI: identity.jwksUri,
    COGNITO_MACHINE_CLIENT_IDS: identity.machineClient.id,
    FRONTEND_URL: FRONTEND_ORIGIN,
    TRUSTED_PROXY_HOPS: '2',
    SWEEP_DELAY_MINUTES: '0',
    ...(topic && { LIVE_TOPIC_ARN: topic.topicArn, UPLOADS_QUEUE_URL: topic.uploadsQueueUrl }),
  });
  const logger = log ? createLogger('info', { write: log }) : createLogger('silent');
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.from(configurationOf(environment), logger),
    createHttpAdapter(environment, logger),
    { logger: false, bodyParser: false },
  );
  configureApp(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
