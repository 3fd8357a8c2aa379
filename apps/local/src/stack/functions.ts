import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import {
  SCHEDULES,
  STREAM_MAPPINGS,
  UPLOADS_QUEUE_SOURCE,
  type FunctionName,
} from '@sensorflow/platform/resources/event-sources.js';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FunctionWorker } from '../lambda/function-worker.js';
import { PollingLoop } from '../lambda/polling-loop.js';
import { QueueMapping } from '../lambda/queue-mapping.js';
import { StreamMapping } from '../lambda/stream-mapping.js';
import { NAMED_TABLES, REGION, type Cloud } from './cloud.js';
import { aggregatorVariables, importerVariables, livePublisherVariables } from './environments.js';
import { CannotStartError, type StackOptions } from './options.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

/** For the invocations under way; a longer one is cut, and its messages are delivered again. */
const STOP_GRACE_MS = 3000;

/** A table's stream and what reads it. */
export interface ReadStream {
  readonly tableName: string;
  readonly mapping: StreamMapping;
}

/** Starts the Lambda functions' workers and the mappings that feed them. */
export function startFunctions(
  cloud: Cloud,
  options: StackOptions,
  log: StackLog,
  teardown: Teardown,
): readonly ReadStream[] {
  const streams = new DynamoDBStreamsClient({
    endpoint: cloud.endpoints.dynamodbStreams,
    region: REGION,
    credentials: cloud.credentials,
  });
  const variables = {
    'csv-importer': importerVariables(cloud, options),
    'live-publisher': livePublisherVariables(cloud, options),
    'stream-aggregator': aggregatorVariables(cloud, options),
  };
  // As in the cloud, each mapping has containers of its function to itself.
  const workers: FunctionWorker[] = [];
  const containerOf = (name: FunctionName): FunctionWorker => {
    const container = worker(name, variables[name], options, log);
    workers.push(container);
    return container;
  };
  const containers = new Map<string, FunctionWorker>();
  const readStreams = STREAM_MAPPINGS.map((definition) => {
    const { name, functionName, source, window } = definition;
    const tableName = nameOfTable(definition.tableNameVariable);
    const maximumBatchingWindowSeconds = options.windowSeconds[window];
    const invoker = containerOf(functionName);
    containers.set(name, invoker);
    const mapping = new StreamMapping({
      name,
      tableName,
      dataDir: options.dataDir,
      streams,
      source: { ...source, maximumBatchingWindowSeconds },
      invoker,
      log: (line) => log.note(functionName, line),
    });
    return { tableName, mapping };
  });
  const uploads = uploadsMapping(cloud, () => containerOf('csv-importer'), log);
  const schedules = startSchedules(containers, containerOf, log);
  const mappings = [...readStreams.map(({ mapping }) => mapping), uploads];
  for (const mapping of mappings) mapping.start();
  teardown.add('callers', 'functions', async () => {
    const stopped = Promise.all([
      ...mappings.map((mapping) => mapping.stop()),
      ...schedules.map((schedule) => schedule.stop(STOP_GRACE_MS)),
    ]);
    await Promise.race([stopped, delay(STOP_GRACE_MS)]);
    await Promise.all(workers.map((container) => container.close()));
    // The mappings hear how the invocations ended, and return their messages to the queue.
    await stopped;
    streams.destroy();
  });
  return readStreams;
}

function uploadsMapping(
  cloud: Cloud,
  newContainer: () => FunctionWorker,
  log: StackLog,
): QueueMapping {
  return new QueueMapping({
    name: 'uploads-queue',
    queueArn: `arn:aws:sqs:${REGION}:000000000000:uploads`,
    awsRegion: REGION,
    messages: cloud.queue,
    source: UPLOADS_QUEUE_SOURCE,
    invokers: Array.from({ length: UPLOADS_QUEUE_SOURCE.maximumConcurrency }, newContainer),
    log: (line) => log.note('csv-importer', line),
  });
}

/** What EventBridge does in the cloud. A run that is cut or fails is followed by the next. */
function startSchedules(
  containers: ReadonlyMap<string, FunctionWorker>,
  containerOf: (name: FunctionName) => FunctionWorker,
  log: StackLog,
): readonly PollingLoop[] {
  return SCHEDULES.map((schedule) => {
    const { task, functionName, besideMapping = '', everySecondsLocally } = schedule;
    const container = containers.get(besideMapping) ?? containerOf(functionName);
    const loop = new PollingLoop(async () => {
      const outcome = await container.invoke({ task }, schedule.functionTimeoutSeconds);
      if (!outcome.ok && !loop.isStopping) {
        log.note(functionName, `${task}: ${outcome.errorType} ${outcome.errorMessage}`);
      }
      return everySecondsLocally * 1000;
    });
    loop.start();
    return loop;
  });
}

function nameOfTable(nameVariable: string): string {
  const table = NAMED_TABLES.find(({ definition }) => definition.nameVariable === nameVariable);
  if (table === undefined) throw new Error(`No table is named by ${nameVariable}.`);
  return table.name;
}

function worker(
  name: FunctionName,
  environment: Readonly<Record<string, string>>,
  { lambdasDir }: StackOptions,
  log: StackLog,
): FunctionWorker {
  const modulePath = lambdasDir === undefined ? builtModule(name) : bundle(lambdasDir, name);
  return new FunctionWorker({ name, modulePath, environment }, (line) => log.note(name, line));
}

function builtModule(name: string): string {
  return fileURLToPath(new URL(`../../../${name}/src/${name}.lambda.js`, import.meta.url));
}

/** A function that cannot be loaded would only fail, again and again, in a log. */
function bundle(lambdasDir: string, name: string): string {
  const file = resolve(lambdasDir, name, 'index.mjs');
  if (existsSync(file)) return file;
  throw new CannotStartError(
    `SENSORFLOW_LAMBDAS_DIR has no ${name}/index.mjs; npm run bundle:lambdas makes it in dist/lambdas.`,
  );
}
