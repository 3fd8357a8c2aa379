import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SigningSha256 } from './signing-sha256.js';

/**
 * The AWS clients, with every timeout and retry said aloud: the SDK's defaults change between
 * releases, and its `requestTimeout` only warns unless told to throw. Endpoints come from the SDK's
 * own AWS_ENDPOINT_URL_<SERVICE> variables, so cloud and embedded stack share this code.
 */
interface Timing {
  readonly requestTimeoutMs: number;
  readonly maxAttempts: number;
  readonly maxSockets: number;
}

function clientConfig(region: string, timing: Timing) {
  const pool = { keepAlive: true, maxSockets: timing.maxSockets };
  return {
    region,
    maxAttempts: timing.maxAttempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 500,
      requestTimeout: timing.requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(pool),
      httpsAgent: new HttpsAgent(pool),
    }),
  };
}

/** A few quick attempts: for all but the writing of readings, which DynamoDbCaller does. Each client has its own connections. */
export function createDynamoDbClient(region: string, maxSockets = 64): DynamoDBClient {
  return new DynamoDBClient({
    ...clientConfig(region, { requestTimeoutMs: 2000, maxAttempts: 3, maxSockets }),
    sha256: SigningSha256,
  });
}

/** Checksums only where required: a checksum of nothing baked into a presigned URL refuses every file. */
export function createS3Client(region: string): S3Client {
  return new S3Client({
    ...clientConfig(region, { requestTimeoutMs: 30_000, maxAttempts: 3, maxSockets: 16 }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Bucket names in host names do not resolve on loopback; S3 serves both forms.
    forcePathStyle: true,
  });
}

export function createSqsClient(region: string): SQSClient {
  return new SQSClient(
    clientConfig(region, { requestTimeoutMs: 3000, maxAttempts: 3, maxSockets: 8 }),
  );
}

/** An answer may take 20 s to come: that is how an empty queue is asked. */
export function createLongPollingSqsClient(region: string): SQSClient {
  return new SQSClient(
    clientConfig(region, { requestTimeoutMs: 25_000, maxAttempts: 3, maxSockets: 8 }),
  );
}

export function createSnsClient(region: string): SNSClient {
  return new SNSClient(
    clientConfig(region, { requestTimeoutMs: 3000, maxAttempts: 3, maxSockets: 8 }),
  );
}

/** Waiting for a connection counts as connecting: more calls at once than connections soon fail. */
export function createCognitoClient(
  region: string,
  maxSockets = 32,
): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient(
    clientConfig(region, { requestTimeoutMs: 5000, maxAttempts: 2, maxSockets }),
  );
}
