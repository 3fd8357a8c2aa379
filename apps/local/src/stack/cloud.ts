import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SystemClock } from '@sensorflow/kernel';
import {
  AGGREGATES_TABLE,
  IMPORTS_TABLE,
  READINGS_TABLE,
  SESSIONS_TABLE,
} from '@sensorflow/platform/resources/tables.js';
import {
  UPLOADS_PREFIX,
  UPLOADS_QUEUE_SOURCE,
} from '@sensorflow/platform/resources/event-sources.js';
import { join } from 'node:path';
import { startCognitoServer } from '../cognito/cognito-server.js';
import { createShrinkableDatabase } from '../dynamodb/database-space.js';
import { ensureTables, type NamedTable } from '../dynamodb/ensure-tables.js';
import { findDynoxide } from '../dynamodb/find-dynoxide.js';
import { startStore, type RunningStore } from '../dynamodb/start-store.js';
import { addStreamIndexes } from '../dynamodb/stream-indexes.js';
import { startS3Server } from '../s3/s3-server.js';
import { startSnsServer } from '../sns/sns-server.js';
import { FifoQueues } from '../sqs/fifo-queues.js';
import { MessageQueue } from '../sqs/message-queue.js';
import { startSqsServer } from '../sqs/sqs-server.js';
import { openUploadsDatabase } from '../sqs/uploads-database.js';
import { ensureLanIdentity, type LanIdentity } from '../lan/lan-identity.js';
import { ensureIdentity, type Identity } from './identity.js';
import type { Installation } from './installation.js';
import type { StackOptions } from './options.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

export const REGION = 'local';
export const BUCKET = 'sensorflow-uploads';
export const TABLE_NAMES = {
  readings: 'sensorflow-readings',
  aggregates: 'sensorflow-aggregates',
  imports: 'sensorflow-imports',
  sessions: 'sensorflow-sessions',
} as const;

export const NAMED_TABLES: readonly NamedTable[] = [
  { definition: READINGS_TABLE, name: TABLE_NAMES.readings },
  { definition: AGGREGATES_TABLE, name: TABLE_NAMES.aggregates },
  { definition: IMPORTS_TABLE, name: TABLE_NAMES.imports },
  { definition: SESSIONS_TABLE, name: TABLE_NAMES.sessions },
];

/** The embedded AWS services, as their clients need to know them. */
export interface Cloud {
  readonly endpoints: {
    readonly dynamodb: string;
    readonly dynamodbStreams: string;
    readonly s3: string;
    readonly sqs: string;
    readonly sns: string;
    readonly cognitoIdp: string;
  };
  readonly credentials: Installation['credentials'];
  readonly identity: Identity | LanIdentity;
  readonly queueUrl: string;
  /** Of live readings. */
  readonly topicArn: string;
  readonly queue: MessageQueue;
  readonly store: RunningStore;
  readonly dynoxideBinary: string;
  readonly dynamodbFile: string;
}

export interface CloudParts {
  readonly options: StackOptions;
  readonly installation: Installation;
  readonly log: StackLog;
  readonly teardown: Teardown;
}

/** Starts DynamoDB, S3, SQS, SNS and Cognito on loopback and makes in them what is missing. */
export async function startCloud(parts: CloudParts): Promise<Cloud> {
  const { installation } = parts;
  const [dynamodb, uploads, cognito] = await Promise.all([
    startDynamoDb(parts),
    startUploads(parts),
    startIdentity(parts),
  ]);
  return {
    endpoints: {
      dynamodb: dynamodb.store.url,
      dynamodbStreams: dynamodb.store.url,
      s3: uploads.s3Url,
      sqs: uploads.sqsUrl,
      sns: uploads.snsUrl,
      cognitoIdp: cognito.url,
    },
    credentials: installation.credentials,
    identity: cognito.identity,
    queueUrl: uploads.queueUrl,
    topicArn: uploads.topicArn,
    queue: uploads.queue,
    ...dynamodb,
  };
}

async function startDynamoDb({ options, installation, log, teardown }: CloudParts) {
  const dynamodbFile = join(options.dataDir, 'dynamodb.db');
  const dynoxideBinary = findDynoxide(options.hostVariables);
  const { credentials, ports } = installation;
  createShrinkableDatabase(dynamodbFile);
  const store = await startStore({
    binary: dynoxideBinary,
    dbPath: dynamodbFile,
    port: ports.dynamodb,
    region: REGION,
    credentials,
    path: options.hostVariables['PATH'],
    log: (line) => log.note('dynamodb', line),
  });
  teardown.add('stores', 'DynamoDB', () => store.stop());
  const client = new DynamoDBClient({ endpoint: store.url, region: REGION, credentials });
  await ensureTables(client, NAMED_TABLES);
  client.destroy();
  const warning = addStreamIndexes(dynamodbFile);
  if (warning !== undefined) log.note('dynamodb', warning);
  return { store, dynoxideBinary, dynamodbFile };
}

/** The console's, by both names of this machine, and that of a front end. */
function pageOriginsOf({ port, frontendUrl }: StackOptions): readonly string[] {
  const own = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return frontendUrl === 'none' ? own : [...own, frontendUrl];
}

async function startUploads({ options, installation, log, teardown }: CloudParts) {
  const { dataDir } = options;
  const { credentials, ports } = installation;
  const database = openUploadsDatabase(dataDir);
  teardown.add('stores', 'uploads database', async () => database.close());
  const queue = new MessageQueue(database);
  // Whoever held messages was a process of an earlier run; it holds them no more.
  queue.releaseAll();
  const onFault = (error: unknown) => log.note('uploads', String(error));
  const s3 = await startS3Server({
    dataDir,
    port: ports.s3,
    region: REGION,
    credentials,
    buckets: [
      {
        name: BUCKET,
        notifyPrefix: UPLOADS_PREFIX,
        corsOrigins: pageOriginsOf(options),
      },
    ],
    queue,
    onFault,
  });
  teardown.add('services', 'S3', () => s3.close());
  const fifoQueues = new FifoQueues(REGION, new SystemClock());
  const sqs = await startSqsServer({
    queue,
    fifoQueues,
    port: ports.sqs,
    region: REGION,
    credentials,
    defaultVisibilityTimeoutSeconds: UPLOADS_QUEUE_SOURCE.visibilityTimeoutSeconds,
    onFault,
  });
  teardown.add('services', 'SQS', () => sqs.close());
  const sns = await startSnsServer({
    port: ports.sns,
    region: REGION,
    credentials,
    topicName: 'sensorflow-live.fifo',
    deliver: (...delivery) => fifoQueues.deliver(...delivery),
    onFault,
  });
  teardown.add('services', 'SNS', () => sns.close());
  const { topicArn } = sns;
  return {
    queue,
    topicArn,
    s3Url: s3.url,
    sqsUrl: sqs.url,
    snsUrl: sns.url,
    queueUrl: sqs.queueUrl,
  };
}

async function startIdentity({ options, installation, log, teardown }: CloudParts) {
  const cognito = await startCognitoServer({
    dataDir: options.dataDir,
    port: installation.ports.cognitoIdp,
    region: REGION,
    credentials: installation.credentials,
    reportFault: (error) => log.note('cognito', String(error)),
  });
  teardown.add('services', 'Cognito', () => cognito.close());
  const identity = options.lan
    ? await ensureLanIdentity(cognito)
    : await ensureIdentity(cognito, installation.demoPassword);
  return { url: cognito.url, identity };
}
