import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitForPort, type Children } from './children.ts';
import { freePort } from './free-port.ts';
import { API_PROGRAM } from './product.ts';
import { ROOT } from './root.ts';

const READY_WITHIN_MS = 60_000;

/** What a benchmark needs of the embedded stack's `local.json`. */
export interface Announcement {
  readonly baseUrl: string;
  readonly machine: {
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly scope: string;
  };
  readonly endpoints: Readonly<Record<'dynamodb' | 's3' | 'sqs' | 'sns' | 'cognitoIdp', string>>;
  readonly tables: Readonly<Record<'readings' | 'aggregates' | 'imports' | 'sessions', string>>;
  readonly bucket: string;
  readonly liveTopicArn: string;
  readonly issuer: string;
  readonly jwksUri: string;
}

/** A token of the demo machine client, with all its scopes. */
export async function tokenOf({ machine }: Announcement): Promise<string> {
  const basic = Buffer.from(`${machine.clientId}:${machine.clientSecret}`).toString('base64');
  const answer = await fetch(machine.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: machine.scope }),
  });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}

/** Starts the built stack on a data folder, and waits until it is ready. */
export async function startStack(children: Children, dataDir: string): Promise<Announcement> {
  const port = await freePort();
  children.start({
    name: 'stack',
    core: undefined,
    command: [join(ROOT, 'dist/apps/local/src/main.js')],
    variables: {
      SENSORFLOW_ENV_FILE: 'none',
      SENSORFLOW_DATA_DIR: dataDir,
      PORT: String(port),
      LOG_LEVEL: 'warn',
    },
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    try {
      return JSON.parse(readFileSync(join(dataDir, 'local.json'), 'utf8')) as Announcement;
    } catch {
      await delay(100);
    }
  }
  throw new Error('the stack does not become ready');
}

/** One more API on a running stack, as a second container would be. Answers its address once it is ready. */
export async function startSecondApi(
  children: Children,
  announcement: Announcement,
  dataDir: string,
): Promise<string> {
  const port = await freePort();
  const child = children.start({
    name: 'second API',
    core: undefined,
    command: [join(ROOT, API_PROGRAM)],
    variables: secondApiVariables(announcement, dataDir, port),
  });
  await waitForPort(port, child);
  return `http://127.0.0.1:${port}`;
}

function secondApiVariables(
  { endpoints, tables, machine, ...stack }: Announcement,
  dataDir: string,
  port: number,
): Readonly<Record<string, string>> {
  const { credentials } = JSON.parse(readFileSync(join(dataDir, 'installation.json'), 'utf8')) as {
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'warn',
    SENSORFLOW_ENV_FILE: 'none',
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoints.cognitoIdp,
    LIVE_TOPIC_ARN: stack.liveTopicArn,
    // Without undos and logins.
    UPLOADS_QUEUE_URL: 'http://127.0.0.1:9/uploads',
    COGNITO_CLIENT_ID: 'no-web-client',
    COGNITO_CLIENT_SECRET: 'no-web-client',
    DYNAMODB_TABLE_NAME: tables.readings,
    DYNAMODB_AGGREGATE_TABLE_NAME: tables.aggregates,
    DYNAMODB_IMPORTS_TABLE_NAME: tables.imports,
    DYNAMODB_SESSIONS_TABLE_NAME: tables.sessions,
    S3_BUCKET_NAME: stack.bucket,
    COGNITO_USER_POOL_ID: stack.issuer.split('/').at(-1) ?? '',
    COGNITO_ISSUERS: stack.issuer,
    COGNITO_JWKS_URI: stack.jwksUri,
    COGNITO_MACHINE_CLIENT_IDS: machine.clientId,
    FRONTEND_URL: 'none',
    SHUTDOWN_GRACE_MS: '0',
  };
}
