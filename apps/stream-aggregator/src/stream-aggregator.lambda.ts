import {
  HourRecomputer,
  OpenHours,
  StreamBatchAggregator,
  SumRecomputer,
} from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
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
import { HourCloser } from '@sensorflow/verification';
import { lambdaOf } from './lambda-events.js';
import { registeringEquipment } from './register-equipment.js';
import { scheduledTasks } from './scheduled-tasks.js';
import { streamBatchHandler } from './stream-batch-handler.js';

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
const aggregates = new DynamoDbAggregateStore(dynamoDb, table, environment.AGGREGATE_SHARDS);
const fleet = new DynamoDbFleetStore(dynamoDb, table);
const closing = new DynamoDbClosingProgress(dynamoDb, table);
const registry = new DynamoDbEquipmentRegistry(dynamoDb, table);
const hours = new HourRecomputer({ readings, aggregates, closing }, clock, { retention });
const aggregator = new StreamBatchAggregator(
  { hours, sums: new SumRecomputer(fleet, clock), closing },
  new OpenHours(clock, environment.OPEN_HOUR_REFRESH_SECONDS * 1000),
  clock,
);
const closer = new HourCloser({ closing, aggregates, fleet, readings, registry, hours }, clock);
const registrar = new EquipmentRegistrar(registry, clock);
const logger = createLogger(environment.LOG_LEVEL);

/**
 * Readings' stream → equipment-hours and known equipment; the aggregates' own stream → shard-hours and fleet-hours;
 * a schedule → refreshing and closing hours. One function behind all of them.
 */
export const handler = throwingNames(
  lambdaOf(
    registeringEquipment(registrar, clock, streamBatchHandler(aggregator, clock, logger)),
    scheduledTasks(aggregator, closer, clock, logger),
  ),
);
