import {
  importsPerCaller,
  UPLOADS_QUEUE_SOURCE,
} from '@sensorflow/platform/resources/event-sources.js';
import {
  IMPORTER_MALLOC_ARENAS,
  IMPORTER_NODE_OPTIONS,
} from '@sensorflow/platform/resources/function-memory.js';
import { ALL_ADDRESSES, TOKEN_PATH, type LanCertificate } from '../lan/lan-certificate.js';
import { API_NODE_OPTIONS, MALLOC_ARENAS, READER_NODE_OPTIONS } from '../node-memory.js';
import { BUCKET, REGION, TABLE_NAMES, type Cloud } from './cloud.js';
import type { StackOptions } from './options.js';

/**
 * What each process of the product is told: the same variables as in the cloud. Nothing of the
 * caller's own environment goes along, so that no credentials and no endpoint can slip in.
 */
type Variables = Readonly<Record<string, string>>;

function awsVariables(cloud: Cloud, options: StackOptions): Variables {
  return {
    PATH: options.hostVariables['PATH'] ?? '',
    NODE_ENV: 'production',
    LOG_LEVEL: options.logLevel,
    MALLOC_ARENA_MAX: MALLOC_ARENAS,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
    // The instance metadata service is never asked: there is none here.
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: cloud.endpoints.dynamodb,
    AWS_ENDPOINT_URL_S3: cloud.endpoints.s3,
    AWS_ENDPOINT_URL_SQS: cloud.endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: cloud.endpoints.sns,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cloud.endpoints.cognitoIdp,
  };
}

/** For every process that writes, removes or folds readings. */
function retentionVariables({ retentionDays }: StackOptions): Variables {
  return retentionDays === undefined ? {} : { RETENTION_DAYS: String(retentionDays) };
}

export function apiVariables(
  cloud: Cloud,
  options: StackOptions,
  lan: LanCertificate | undefined,
): Variables {
  const { identity } = cloud;
  return {
    ...awsVariables(cloud, options),
    ...retentionVariables(options),
    NODE_OPTIONS: API_NODE_OPTIONS,
    EARLIEST_TIMESTAMP: options.earliestTimestamp,
    HOST: lan ? ALL_ADDRESSES : '127.0.0.1',
    PORT: String(options.port),
    DYNAMODB_TABLE_NAME: TABLE_NAMES.readings,
    DYNAMODB_AGGREGATE_TABLE_NAME: TABLE_NAMES.aggregates,
    DYNAMODB_IMPORTS_TABLE_NAME: TABLE_NAMES.imports,
    DYNAMODB_SESSIONS_TABLE_NAME: TABLE_NAMES.sessions,
    S3_BUCKET_NAME: BUCKET,
    UPLOADS_QUEUE_URL: cloud.queueUrl,
    COGNITO_CLIENT_ID: identity.webClient.id,
    COGNITO_CLIENT_SECRET: identity.webClient.secret,
    COGNITO_USER_POOL_ID: identity.userPoolId,
    COGNITO_ISSUERS: identity.issuer,
    COGNITO_JWKS_URI: identity.jwksUri,
    COGNITO_MACHINE_CLIENT_IDS: identity.machineClient.id,
    COGNITO_AUTH_URI: `${cloud.endpoints.cognitoIdp}${TOKEN_PATH}`,
    // What it is for may be a real account.
    SENSORFLOW_ENV_FILE: 'none',
    FRONTEND_URL: options.frontendUrl,
    LIVE_TOPIC_ARN: cloud.topicArn,
    VERIFY_SECOND_LOOK_MS: String(options.secondLookMs),
    SWEEP_DELAY_MINUTES: String(options.sweepDelayMinutes),
    // No load balancer stands before it.
    SHUTDOWN_GRACE_MS: '0',
    ...(lan && options.lan && lanVariables(cloud, lan, options.lan.httpsPort)),
  };
}

function lanVariables(cloud: Cloud, lan: LanCertificate, httpsPort: number): Variables {
  return {
    LAN_HOST: lan.hosts[0],
    LAN_HTTPS_PORT: String(httpsPort),
    LAN_CERTIFICATE_FILE: lan.files.certificateFile,
    LAN_KEY_FILE: lan.files.keyFile,
    LAN_S3_URL: cloud.endpoints.s3,
    LAN_TOKEN_URL: `${cloud.endpoints.cognitoIdp}${TOKEN_PATH}`,
    // Machines reach it through the API.
    COGNITO_AUTH_URI: `https://${lan.hosts[0]}:${httpsPort}${TOKEN_PATH}`,
  };
}

/** Of the functions that read streams: stream-aggregator and live-publisher. */
export function readerVariables(cloud: Cloud, options: StackOptions): Variables {
  return {
    ...awsVariables(cloud, options),
    ...retentionVariables(options),
    DYNAMODB_TABLE_NAME: TABLE_NAMES.readings,
    DYNAMODB_AGGREGATE_TABLE_NAME: TABLE_NAMES.aggregates,
    OPEN_HOUR_REFRESH_SECONDS: String(options.openHourRefreshSeconds),
    LIVE_TOPIC_ARN: cloud.topicArn,
    NODE_OPTIONS: READER_NODE_OPTIONS,
  };
}

export function importerVariables(cloud: Cloud, options: StackOptions): Variables {
  return {
    ...awsVariables(cloud, options),
    ...retentionVariables(options),
    DYNAMODB_TABLE_NAME: TABLE_NAMES.readings,
    DYNAMODB_AGGREGATE_TABLE_NAME: TABLE_NAMES.aggregates,
    DYNAMODB_IMPORTS_TABLE_NAME: TABLE_NAMES.imports,
    S3_BUCKET_NAME: BUCKET,
    UPLOADS_QUEUE_URL: cloud.queueUrl,
    // The embedded store takes one call after the other: more on their way only make others wait.
    IMPORT_CALLS: '4',
    IMPORTS_PER_CALLER: String(importsPerCaller(UPLOADS_QUEUE_SOURCE.maximumConcurrency)),
    NODE_OPTIONS: IMPORTER_NODE_OPTIONS,
    MALLOC_ARENA_MAX: IMPORTER_MALLOC_ARENAS,
  };
}
