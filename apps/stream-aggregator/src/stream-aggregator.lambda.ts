import { HourRecomputer, StreamBatchAggregator, SumRecomputer } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import { EquipmentRegistrar } from '@sensorflow/equipment';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { SystemClock } from '@sensorflow/kernel';
import { createDynamoDbClient } from '@sensorflow/platform/aws/aws-clients.js';
import { readAggregatorEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { throwingNames } from '@sensorflow/platform/logging/throwing-names.js';
import { LogReadingStore, Retention } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { registeringEquipment } from './register-equipment.js';
import { lambdaOf, streamBatchHandler } from './stream-batch-handler.js';

// Composed once per container; Lambda keeps it, with its connections, for later batches.
const environment = readAggregatorEnvironment(process.env);
const clock = new SystemClock();
const dynamoDb = createDynamoDbClient(environment.AWS_REGION);
const table = environment.DYNAMODB_AGGREGATE_TABLE_NAME;
const retention = Retention.ofDays(environment.RETENTION_DAYS);
const readings = new LogReadingStore(
  new DynamoDbBlockStore(dynamoDb, environment.DYNAMODB_TABLE_NAME),
  retention,
  clock,
);
const aggregator = new StreamBatchAggregator(
  new HourRecomputer(
    readings,
    new DynamoDbAggregateStore(dynamoDb, table, environment.AGGREGATE_SHARDS),
    clock,
    { retention },
  ),
  new SumRecomputer(new DynamoDbFleetStore(dynamoDb, table), clock),
);

const registrar = new EquipmentRegistrar(new DynamoDbEquipmentRegistry(dynamoDb, table), clock);

/**
 * Readings' stream → equipment-hours and known equipment; the aggregates' own stream → shard-hours and fleet-hours. One
 * function behind two event source mappings.
 */
export const handler = throwingNames(
  lambdaOf(
    registeringEquipment(
      registrar,
      clock,
      streamBatchHandler(aggregator, clock, createLogger(environment.LOG_LEVEL)),
    ),
  ),
);
