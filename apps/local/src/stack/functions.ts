import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import {
  READINGS_STREAM_SOURCE,
  UPLOADS_QUEUE_SOURCE,
} from '@sensorflow/platform/resources/event-sources.js';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FunctionWorker } from '../lambda/function-worker.js';
import { QueueMapping } from '../lambda/queue-mapping.js';
import { StreamMapping } from '../lambda/stream-mapping.js';
import { REGION, TABLE_NAMES, type Cloud } from './cloud.js';
import { aggregatorVariables, importerVariables } from './environments.js';
import type { StackOptions } from './options.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

/** For the invocations under way; a longer one is cut, and its messages are delivered again. */
const STOP_GRACE_MS = 3000;

/** Starts the two Lambda functions' workers and the mappings that feed them. */
export function startFunctions(
  cloud: Cloud,
  options: StackOptions,
  log: StackLog,
  teardown: Teardown,
): StreamMapping {
  const importer = worker('csv-importer', importerVariables(cloud, options), log);
  const aggregator = worker('stream-aggregator', aggregatorVariables(cloud, options), log);
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
  teardown.add('callers', 'functions', async () => {
    const stopped = Promise.all([readings.stop(), uploads.stop()]);
    await Promise.race([stopped, delay(STOP_GRACE_MS)]);
    await Promise.all([importer.close(), aggregator.close()]);
    // The mappings hear how the invocations ended, and return their messages to the queue.
    await stopped;
    streams.destroy();
  });
  return readings;
}

function worker(
  name: string,
  environment: Readonly<Record<string, string>>,
  log: StackLog,
): FunctionWorker {
  const modulePath = fileURLToPath(
    new URL(`../../../${name}/src/${name}.lambda.js`, import.meta.url),
  );
  return new FunctionWorker({ name, modulePath, environment }, (line) => log.note(name, line));
}
