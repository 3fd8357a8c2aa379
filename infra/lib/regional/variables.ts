import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib';
import type {
  ApiEnvironment,
  readAggregatorEnvironment,
  readImporterEnvironment,
  readLivePublisherEnvironment,
} from '../../../libs/platform/src/config/environment.ts';
import {
  importsPerCaller,
  secondLookMs,
} from '../../../libs/platform/src/resources/event-sources.ts';
import {
  IMPORTER_MALLOC_ARENAS,
  IMPORTER_NODE_OPTIONS,
} from '../../../libs/platform/src/resources/function-memory.ts';
import { TABLES } from '../../../libs/platform/src/resources/tables.ts';
import { windowSecondsOf, type Deployment } from '../deployment.ts';
import { liveQueuePrefix, tableName } from '../names.ts';
import { TABLE_ACTIONS, type Process } from '../permissions.ts';
import type { RegionalParts } from './regional-parts.ts';

/**
 * What each process is told, by the names that it reads (a name that it does not know does not compile).
 * Lambda sets AWS_REGION itself; the client's secret comes to the API from Secrets Manager.
 */
type Names<Environment> = Partial<Record<Exclude<keyof Environment, 'AWS_REGION'>, string>>;
type Variables = Readonly<Record<string, string>>;

export const API_PORT = 3000;

export interface ApiResources {
  readonly uploads: Bucket;
  readonly uploadsQueue: Queue;
  readonly liveTopic: Topic;
}

export function apiVariables(
  { deployment, identity }: RegionalParts,
  { uploads, uploadsQueue, liveTopic }: ApiResources,
): Variables {
  const { region } = Stack.of(uploads);
  const variables: Names<ApiEnvironment> = {
    PORT: String(API_PORT),
    S3_BUCKET_NAME: uploads.bucketName,
    UPLOADS_QUEUE_URL: uploadsQueue.queueUrl,
    COGNITO_CLIENT_ID: identity.webClientId,
    COGNITO_USER_POOL_ID: identity.userPoolId,
    COGNITO_ISSUERS: identity.issuer,
    COGNITO_JWKS_URI: `${identity.issuer}/.well-known/jwks.json`,
    COGNITO_MACHINE_CLIENT_IDS: identity.machineClientIds.join(','),
    FRONTEND_URL: deployment.frontendUrl,
    // The load balancer's.
    TRUSTED_PROXY_HOPS: '1',
    AGGREGATE_SHARDS: String(deployment.aggregateShards),
    VERIFY_SECOND_LOOK_MS: String(secondLookMs(windowSecondsOf(deployment))),
    LIVE_TOPIC_ARN: liveTopic.topicArn,
    LIVE_QUEUE_PREFIX: liveQueuePrefix(deployment),
    LOG_LEVEL: deployment.logLevel ?? 'info',
  };
  return {
    ...variables,
    ...sweepVariables(deployment),
    ...retentionVariables(deployment),
    ...tableVariables('api', deployment),
    AWS_REGION: region,
    // The user pool is where the primary Region is.
    ...(region !== identity.region && {
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `https://cognito-idp.${identity.region}.amazonaws.com`,
    }),
  };
}

export function importerVariables(
  { deployment }: RegionalParts,
  bucket: Bucket,
  queue: Queue,
): Variables {
  const variables: Names<ReturnType<typeof readImporterEnvironment>> = {
    S3_BUCKET_NAME: bucket.bucketName,
    UPLOADS_QUEUE_URL: queue.queueUrl,
    IMPORTS_PER_CALLER: String(importsPerCaller(deployment.concurrentImports)),
    AGGREGATE_SHARDS: String(deployment.aggregateShards),
  };
  return {
    ...variables,
    ...retentionVariables(deployment),
    ...tableVariables('csv-importer', deployment),
    NODE_OPTIONS: `--enable-source-maps ${IMPORTER_NODE_OPTIONS}`,
    MALLOC_ARENA_MAX: IMPORTER_MALLOC_ARENAS,
  };
}

export function livePublisherVariables(topic: Topic): Variables {
  const variables: Names<ReturnType<typeof readLivePublisherEnvironment>> = {
    LIVE_TOPIC_ARN: topic.topicArn,
  };
  return { ...variables };
}

export function aggregatorVariables({ deployment }: RegionalParts): Variables {
  const variables: Names<ReturnType<typeof readAggregatorEnvironment>> = {
    AGGREGATE_SHARDS: String(deployment.aggregateShards),
  };
  return {
    ...variables,
    ...refreshVariables(deployment),
    ...retentionVariables(deployment),
    ...tableVariables('stream-aggregator', deployment),
  };
}

function refreshVariables({
  openHourRefreshSeconds,
}: Deployment): Names<ReturnType<typeof readAggregatorEnvironment>> {
  if (openHourRefreshSeconds === undefined) return {};
  return { OPEN_HOUR_REFRESH_SECONDS: String(openHourRefreshSeconds) };
}

function sweepVariables({ sweepDelayMinutes }: Deployment): Names<ApiEnvironment> {
  if (sweepDelayMinutes === undefined) return {};
  return { SWEEP_DELAY_MINUTES: String(sweepDelayMinutes) };
}

/** The same for everything that writes, removes or folds readings. */
function retentionVariables({ readingRetentionDays }: Deployment): Variables {
  const RETENTION_DAYS = readingRetentionDays;
  return RETENTION_DAYS === undefined ? {} : { RETENTION_DAYS: String(RETENTION_DAYS) };
}

/** The tables that a process may use are those that it is told of. */
function tableVariables(process: Process, { name }: Deployment): Variables {
  const used = TABLES.filter(({ nameVariable }) => nameVariable in TABLE_ACTIONS[process]);
  return Object.fromEntries(used.map((table) => [table.nameVariable, tableName(name, table)]));
}
