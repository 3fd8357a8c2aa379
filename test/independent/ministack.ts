import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../bench/free-port.ts';
import { LEFT_OUT } from './gaps.js';
import { CREDENTIALS, prepared, startImplementation } from './implementation.js';

/** What the stacks made: the same as an account would show after `cdk deploy`. */
export interface Deployment {
  readonly endpoint: string;
  readonly stacks: Readonly<Record<string, readonly CreatedResource[]>>;
  /** Of the API's task, with the credentials of its role. */
  readonly apiVariables: Readonly<Record<string, string>>;
}

export interface CreatedResource {
  readonly type: string;
  readonly id: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    deployment: Deployment;
  }
}

export const REGION = 'eu-central-1';
const SCRIPT_TIMEOUT_MS = 120_000;

/** Starts ministack, and creates the stacks of the templates in it. */
export default async function startMinistack(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort();
  const endpoint = `https://localhost:${port}`;
  return startImplementation(serverAt(endpoint, port), async () => {
    project.provide('dynamoDbUnderTest', { endpoint, credentials: CREDENTIALS });
    project.provide('deployment', await createStacks(endpoint));
  });
}

/** By TLS, with signatures and policies held: buckets and queues refuse what comes in plain text. */
function serverAt(url: string, port: number) {
  const [certificate, key] = [prepared('NODE_EXTRA_CA_CERTS'), prepared('INDEPENDENT_TLS_KEY')];
  return {
    module: 'hypercorn',
    args: ['ministack.app:app', '--bind', `127.0.0.1:${port}`]
      .concat('--certfile', certificate, '--keyfile', key)
      .concat('--keep-alive', '75', '--log-level', 'WARNING'),
    url,
    readyPath: '/_ministack/health',
    variables: {
      AUTH: 'true',
      USE_SSL: '1',
      MINISTACK_SSL_CERT: certificate,
      MINISTACK_SSL_KEY: key,
      MINISTACK_HOST: 'localhost',
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      // It would open ports of its own for these.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      // Its functions run on the Node.js of the tests, and are told no other address of it.
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      AWS_ENDPOINT_URL: url,
      NODE_EXTRA_CA_CERTS: certificate,
    },
  };
}

async function createStacks(endpoint: string): Promise<Deployment> {
  const assembly = prepared('INDEPENDENT_ASSEMBLY');
  const deployment = await runScript(
    'create_stacks.py',
    endpoint,
    REGION,
    assembly,
    JSON.stringify(LEFT_OUT),
  );
  return { endpoint, ...JSON.parse(deployment) };
}

/** A script of this folder, by boto3; answers what it prints. */
export async function runScript(name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    prepared('INDEPENDENT_PYTHON'),
    [join(import.meta.dirname, name), ...args],
    {
      env: { ...process.env, AWS_CA_BUNDLE: prepared('NODE_EXTRA_CA_CERTS') },
      timeout: SCRIPT_TIMEOUT_MS,
    },
  );
  return stdout;
}
