import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { stackCredentials } from './aws-signer.js';
import { freePort } from '../../bench/free-port.ts';

const MAIN = fileURLToPath(new URL('../../dist/apps/api/src/main.js', import.meta.url));

const BUILT: readonly [string, ...string[]] = [process.execPath, MAIN];

/** One more API process on a running stack, as a second container would be. */
export class ApiProcess {
  private constructor(
    readonly baseUrl: string,
    readonly child: ChildProcess,
    /** Everything logged so far; nothing unless `LOG_LEVEL` is set. */
    readonly log: () => string,
  ) {}

  static async start(
    stack: Announcement,
    dataDir: string,
    variables: Readonly<Record<string, string>> = {},
    command: readonly [string, ...string[]] = BUILT,
  ): Promise<ApiProcess> {
    const api = await ApiProcess.launch(stack, dataDir, variables, command);
    await api.untilReady();
    return api;
  }

  /** Without waiting for it to be ready. */
  static async launch(
    stack: Announcement,
    dataDir: string,
    variables: Readonly<Record<string, string>> = {},
    [program, ...args]: readonly [string, ...string[]] = BUILT,
  ): Promise<ApiProcess> {
    const port = await freePort();
    const child = spawn(program, args, {
      env: { ...variablesFor(stack, dataDir), ...variables, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
    return new ApiProcess(`http://127.0.0.1:${port}`, child, () => log);
  }

  async untilReady(): Promise<void> {
    while (!(await this.isReady())) {
      const { exitCode } = this.child;
      if (exitCode !== null) throw new Error(`the API ended with ${exitCode}`);
      await delay(20);
    }
  }

  /** Answers the exit code, or the signal that ended it. */
  async exit(): Promise<number | string | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, 'exit');
    }
    return this.child.exitCode ?? this.child.signalCode;
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.baseUrl}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

/** What an API on that stack is configured with; its log is silent. */
export function variablesFor(stack: Announcement, dataDir: string): Record<string, string> {
  const credentials = stackCredentials(dataDir);
  return {
    PATH: process.env['PATH'] ?? '',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    SENSORFLOW_ENV_FILE: 'none',
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: stack.endpoints.dynamodb,
    AWS_ENDPOINT_URL_S3: stack.endpoints.s3,
    AWS_ENDPOINT_URL_SNS: stack.endpoints.sns,
    LIVE_TOPIC_ARN: stack.liveTopicArn,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: stack.endpoints.cognitoIdp,
    AWS_ENDPOINT_URL_SQS: stack.endpoints.sqs,
    // No import is undone here.
    UPLOADS_QUEUE_URL: 'http://127.0.0.1:9/uploads',
    DYNAMODB_TABLE_NAME: stack.tables.readings,
    DYNAMODB_AGGREGATE_TABLE_NAME: stack.tables.aggregates,
    DYNAMODB_IMPORTS_TABLE_NAME: stack.tables.imports,
    DYNAMODB_SESSIONS_TABLE_NAME: stack.tables.sessions,
    S3_BUCKET_NAME: stack.bucket,
    // Without logins: tokens of the stack's machine are all that is needed.
    COGNITO_CLIENT_ID: 'no-web-client',
    COGNITO_CLIENT_SECRET: 'no-web-client',
    COGNITO_USER_POOL_ID: stack.issuer.split('/').at(-1) ?? '',
    COGNITO_ISSUERS: stack.issuer,
    COGNITO_JWKS_URI: stack.jwksUri,
    COGNITO_MACHINE_CLIENT_IDS: stack.machine.clientId,
    FRONTEND_URL: 'none',
    SHUTDOWN_GRACE_MS: '0',
  };
}
