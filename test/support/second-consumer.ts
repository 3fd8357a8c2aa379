import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { STREAM_MAPPINGS } from '@sensorflow/platform/resources/event-sources.js';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FunctionProcess } from '../../apps/local/src/lambda/function-worker.js';
import { StreamMapping } from '../../apps/local/src/lambda/stream-mapping.js';
import { stackCredentials } from './aws-signer.js';
import type { LocalStack } from './local-stack.js';

const FUNCTION = 'stream-aggregator';
const MODULE = fileURLToPath(
  new URL(`../../dist/apps/${FUNCTION}/src/${FUNCTION}.lambda.js`, import.meta.url),
);

/** Another consumer of a running stack's streams: mappings, checkpoints and function workers of its own. */
export class SecondConsumer {
  private readonly dataDir = mkdtempSync(join(tmpdir(), 'second-consumer-'));
  private readonly streams: DynamoDBStreamsClient;
  private readonly environment: Readonly<Record<string, string>>;
  private running: { readonly mapping: StreamMapping; readonly functions: FunctionProcess }[] = [];

  constructor(private readonly stack: LocalStack) {
    const { endpoints, tables } = stack.announcement;
    const credentials = stackCredentials(stack.dataDir);
    this.streams = new DynamoDBStreamsClient({
      endpoint: endpoints.dynamodbStreams,
      region: 'local',
      credentials,
    });
    this.environment = {
      PATH: process.env['PATH'] ?? '',
      LOG_LEVEL: 'silent',
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      DYNAMODB_TABLE_NAME: tables.readings,
      DYNAMODB_AGGREGATE_TABLE_NAME: tables.aggregates,
    };
  }

  start(): void {
    const { readings, aggregates } = this.stack.announcement.tables;
    const mappings = STREAM_MAPPINGS.filter(({ functionName }) => functionName === FUNCTION);
    this.running = mappings.map(({ name, tableNameVariable, source }) => {
      const { environment, dataDir, streams } = this;
      const functions = new FunctionProcess({ environment, log: () => undefined });
      const tableName = tableNameVariable === 'DYNAMODB_TABLE_NAME' ? readings : aggregates;
      const mapping = new StreamMapping({
        name,
        tableName,
        dataDir,
        streams,
        source,
        invoker: functions.newWorker({ name: FUNCTION, modulePath: MODULE }),
      });
      mapping.start();
      return { mapping, functions };
    });
  }

  /** Goes on at its checkpoints, which lie behind what its workers had done. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  isCaughtUp(): boolean {
    return this.running.every(({ mapping }) => mapping.status().behindMs === 0);
  }

  /** Changes that it gave up. */
  failures(): number {
    return this.running.reduce((sum, { mapping }) => sum + mapping.status().failures, 0);
  }

  async close(): Promise<void> {
    await this.stop();
    this.streams.destroy();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async stop(): Promise<void> {
    await Promise.all(this.running.map(async ({ functions }) => functions.close()));
    await Promise.all(this.running.map(async ({ mapping }) => mapping.stop()));
  }
}

/** The workers of both consumers, of the stack's and of this process's. */
export function aggregatorWorkers(stack: LocalStack): readonly number[] {
  const parents = new Set([process.pid, ...stack.processIds()]);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isWorkerOf(pid, parents));
}

function isWorkerOf(pid: number, parents: ReadonlySet<number>): boolean {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return commandLine.includes(`${FUNCTION}.lambda.js`) && parents.has(Number(parent));
  } catch {
    return false;
  }
}
