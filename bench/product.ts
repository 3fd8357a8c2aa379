import {
  IMPORTER_MALLOC_ARENAS,
  IMPORTER_NODE_OPTIONS,
} from '../libs/platform/src/resources/function-memory.ts';
import { CLIENT_ID, ISSUER, type Cloud } from './cloud.ts';

/** The built programs of the product, and what they are told: variables alone, as in the cloud. */
export const API_PROGRAM = 'dist/apps/api/src/main.js';
export const IMPORTER_PROGRAM = 'dist/apps/csv-importer/src/csv-importer.lambda.js';
export const BUCKET = 'bench-bucket';
export const IMPORTS_TABLE = 'bench-imports';

type Variables = Readonly<Record<string, string>>;

function sharedVariables(cloud: Cloud, sinkUrl: string, logLevel: string): Variables {
  return {
    LOG_LEVEL: logLevel,
    SENSORFLOW_ENV_FILE: 'none',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: sinkUrl,
    AWS_ENDPOINT_URL_S3: cloud.url,
    AWS_ENDPOINT_URL_SQS: cloud.url,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cloud.url,
    DYNAMODB_TABLE_NAME: 'bench-readings',
    DYNAMODB_AGGREGATE_TABLE_NAME: 'bench-aggregates',
    DYNAMODB_IMPORTS_TABLE_NAME: IMPORTS_TABLE,
    S3_BUCKET_NAME: BUCKET,
    UPLOADS_QUEUE_URL: `${cloud.url}/000000000000/uploads`,
  };
}

export function apiVariables(
  cloud: Cloud,
  sinkUrl: string,
  port: number,
  logLevel: string,
): Variables {
  return {
    ...sharedVariables(cloud, sinkUrl, logLevel),
    HOST: '127.0.0.1',
    PORT: String(port),
    DYNAMODB_SESSIONS_TABLE_NAME: 'bench-sessions',
    COGNITO_CLIENT_ID: 'bench-web',
    COGNITO_CLIENT_SECRET: 'bench',
    COGNITO_USER_POOL_ID: 'local_bench',
    COGNITO_ISSUERS: ISSUER,
    COGNITO_JWKS_URI: cloud.jwksUri,
    COGNITO_MACHINE_CLIENT_IDS: CLIENT_ID,
    FRONTEND_URL: 'none',
    SHUTDOWN_GRACE_MS: '0',
    SWEEP_DELAY_MINUTES: '0',
  };
}

export function importerVariables(cloud: Cloud, sinkUrl: string): Variables {
  return {
    ...sharedVariables(cloud, sinkUrl, 'warn'),
    NODE_OPTIONS: IMPORTER_NODE_OPTIONS,
    MALLOC_ARENA_MAX: IMPORTER_MALLOC_ARENAS,
  };
}
