import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import {
  SCHEDULES,
  STREAM_MAPPINGS,
  UPLOADS_QUEUE_SOURCE,
} from '@sensorflow/platform/resources/event-sources.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionWorker } from '../lambda/function-worker.js';
import { PollingLoop } from '../lambda/polling-loop.js';
import { QueueMapping } from '../lambda/queue-mapping.js';
import { StreamMapping } from '../lambda/stream-mapping.js';
import { NAMED_TABLES, REGION, type Cloud } from './cloud.js';
import { FunctionProcesses } from './function-processes.js';
import type { StackOptions } from './options.js';
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
  const processes = new FunctionProcesses(cloud, options, log);
  const readers = new Map<string, FunctionWorker>();
  const readStreams = STREAM_MAPPINGS.map((definition) => {
    const { name, functionName, source, window } = definition;
    const tableName = nameOfTable(definition.tableNameVariable);
    const maximumBatchingWindowSeconds = options.windowSeconds[window];
    const invoker = processes.newReader(functionName);
    readers.set(name, invoker);
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
  const uploads = uploadsMapping(cloud, processes, log);
  const schedules = startSchedules(readers, processes, log);
  const mappings = [...readStreams.map(({ mapping }) => mapping), uploads];
  for (const mapping of mappings) mapping.start();
  teardown.add('callers', 'functions', async () => {
    const stopped = Promise.all([
      ...mappings.map((mapping) => mapping.stop()),
      ...schedules.map((schedule) => schedule.stop(STOP_GRACE_MS)),
    ]);
    await Promise.race([stopped, delay(STOP_GRACE_MS)]);
    await processes.close();
    // The mappings hear how the invocations ended, and return their messages to the queue.
    await stopped;
    streams.destroy();
  });
  return readStreams;
}

function uploadsMapping(cloud: Cloud, processes: FunctionProcesses, log: StackLog): QueueMapping {
  const { maximumConcurrency } = UPLOADS_QUEUE_SOURCE;
  return new QueueMapping({
    name: 'uploads-queue',
    queueArn: `arn:aws:sqs:${REGION}:000000000000:uploads`,
    awsRegion: REGION,
    messages: cloud.queue,
    source: UPLOADS_QUEUE_SOURCE,
    invokers: Array.from({ length: maximumConcurrency }, () => processes.newImporter()),
    log: (line) => log.note('csv-importer', line),
  });
}

/** What EventBridge does in the cloud. A run that is cut or fails is followed by the next. */
function startSchedules(
  readers: ReadonlyMap<string, FunctionWorker>,
  processes: FunctionProcesses,
  log: StackLog,
): readonly PollingLoop[] {
  return SCHEDULES.map((schedule) => {
    const { task, functionName, besideMapping = '', everySecondsLocally } = schedule;
    const reader = readers.get(besideMapping) ?? processes.newReader(functionName);
    const loop = new PollingLoop(async () => {
      const outcome = await reader.invoke({ task }, schedule.functionTimeoutSeconds);
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
