import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import {
  READINGS_STREAM_SOURCE,
  UPLOADS_QUEUE_SOURCE,
} from '@sensorflow/platform/resources/event-sources.js';
import { fileURLToPath } from 'node:url';
import { FunctionWorker } from '../lambda/function-worker.js';
import { QueueMapping } from '../lambda/queue-mapping.js';
import { StreamMapping } from '../lambda/stream-mapping.js';
import { REGION, TABLE_NAMES, type Cloud } from './cloud.js';
import { aggregatorVariables, importerVariables } from './environments.js';
import type { StackOptions } from './options.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

/** Starts the two Lambda functions' workers and the mappings that feed them. */
export function startFunctions(
  cloud: Cloud,
  options: StackOptions,
  log: StackLog,
  teardown: Teardown,
): StreamMapping {
  const importer = worker('csv-importer', importerVariables(cloud, options), log, teardown);
  const aggregator = worker(
    'stream-aggregator',
    aggregatorVariables(cloud, options),
    log,
    teardown,
  );
  const streams = new DynamoDBStreamsClient({
    endpoint: cloud.endpoints.dynamodbStreams,
    region: REGION,
    credentials: cloud.credentials,
  });
  const readings = new StreamMapping({
    name: 'readings-stream',
    tableName: TABLE_NAMES.readings,
    dataDir: options.dataDir,
    streams,
    source: READINGS_STREAM_SOURCE,
    invoker: aggregator,
    log: (line) => log.note('stream-aggregator', line),
  });
  const uploads = new QueueMapping({
    name: 'uploads-queue',
    queueArn: `arn:aws:sqs:${REGION}:000000000000:uploads`,
    awsRegion: REGION,
    messages: cloud.queue,
    source: UPLOADS_QUEUE_SOURCE,
    invoker: importer,
    log: (line) => log.note('csv-importer', line),
  });
  for (const mapping of [readings, uploads]) mapping.start();
  teardown.add('mappings', async () => {
    await Promise.all([readings.stop(), uploads.stop()]);
    streams.destroy();
  });
  return readings;
}

function worker(
  name: string,
  environment: Readonly<Record<string, string>>,
  log: StackLog,
  teardown: Teardown,
): FunctionWorker {
  const modulePath = fileURLToPath(
    new URL(`../../../${name}/src/${name}.lambda.js`, import.meta.url),
  );
  const functionWorker = new FunctionWorker({ name, modulePath, environment }, (line) =>
    log.note(name, line),
  );
  teardown.add(name, () => functionWorker.close());
  return functionWorker;
}
