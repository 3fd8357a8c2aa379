import { HourRecomputer, StreamBatchAggregator } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { SystemClock } from '@sensorflow/kernel';
import { createDynamoDbClient } from '@sensorflow/platform/aws/aws-clients.js';
import { readAggregatorEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { DynamoDbReadingStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-reading-store.js';
import { streamBatchHandler } from './stream-batch-handler.js';

// Composed once per container; Lambda keeps it, with its connections, for later batches.
const environment = readAggregatorEnvironment(process.env);
const clock = new SystemClock();
const dynamoDb = createDynamoDbClient(environment.AWS_REGION);
const recomputer = new HourRecomputer(
  new DynamoDbReadingStore(dynamoDb, environment.DYNAMODB_TABLE_NAME),
  new DynamoDbAggregateStore(
    dynamoDb,
    environment.DYNAMODB_AGGREGATE_TABLE_NAME,
    environment.AGGREGATE_SHARDS,
  ),
  clock,
);

/** Stream batch of readings → dirty equipment-hours → aggregates. */
export const handler = streamBatchHandler(
  new StreamBatchAggregator(recomputer),
  clock,
  createLogger(environment.LOG_LEVEL),
);
