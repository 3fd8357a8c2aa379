import { HourRecomputer } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { CsvImporter, FairImporter, IMPORT_LIMITS, ImportUndoer } from '@sensorflow/csv-import';
import { DynamoDbImportManifest } from '@sensorflow/csv-import/dynamodb/dynamodb-import-manifest.js';
import { DynamoDbImportQuotas } from '@sensorflow/csv-import/dynamodb/dynamodb-import-quotas.js';
import { DynamoDbImportStore } from '@sensorflow/csv-import/dynamodb/dynamodb-import-store.js';
import { S3UploadStorage } from '@sensorflow/csv-import/s3/s3-upload-storage.js';
import { SqsImportQueue } from '@sensorflow/csv-import/sqs/sqs-import-queue.js';
import { RegistryMetricNames } from '@sensorflow/equipment';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { SystemClock } from '@sensorflow/kernel';
import {
  createDynamoDbClient,
  createS3Client,
  createSqsClient,
} from '@sensorflow/platform/aws/aws-clients.js';
import { readImporterEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { throwingNames } from '@sensorflow/platform/logging/throwing-names.js';
import {
  GroupCommit,
  LogReadingStore,
  MetricNameLimit,
  Retention,
  WAITING_GROUP_COMMIT_OPTIONS,
} from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { AggregateRecomputation } from './aggregate-recomputation.js';
import { uploadBatchHandler } from './upload-batch-handler.js';

// Composed once per container; Lambda keeps it, with its connections, for later messages.
const environment = readImporterEnvironment(process.env);
const region = environment.AWS_REGION;
const clock = new SystemClock();
const logger = createLogger(environment.LOG_LEVEL);
const retention = Retention.ofDays(environment.RETENTION_DAYS);
const dynamoDb = createDynamoDbClient(region);
const blocks = new DynamoDbBlockStore(dynamoDb, environment.DYNAMODB_TABLE_NAME, (kind, error) => {
  const level = kind === 'misconfigured' || kind === 'clock-skewed' ? 'error' : 'warn';
  logger[level]({ kind, err: error }, 'a write of readings failed');
});
const importsTableName = environment.DYNAMODB_IMPORTS_TABLE_NAME;
const imports = new DynamoDbImportStore(dynamoDb, importsTableName);
const quotas = new DynamoDbImportQuotas(dynamoDb, importsTableName, clock);
const queue = new SqsImportQueue(createSqsClient(region), environment.UPLOADS_QUEUE_URL);
const aggregatesTableName = environment.DYNAMODB_AGGREGATE_TABLE_NAME;
const registry = new DynamoDbEquipmentRegistry(dynamoDb, aggregatesTableName);
const manifest = new DynamoDbImportManifest(dynamoDb, importsTableName);
const readings = new GroupCommit(blocks, clock, {
  options: WAITING_GROUP_COMMIT_OPTIONS,
  expiresAtEpochSeconds: (hour) => retention.expiresAtEpochSeconds(hour),
});
const aggregates = aggregateRecomputation();
const shared = { imports, manifest, readings, aggregates, queue, clock, retention };
const limits = {
  ...IMPORT_LIMITS,
  handoverMs: environment.IMPORT_HANDOVER_MS,
  maxCalls: environment.IMPORT_CALLS,
};
const importer = new CsvImporter(
  {
    ...shared,
    storage: new S3UploadStorage(createS3Client(region), environment.S3_BUCKET_NAME),
    names: new MetricNameLimit(new RegistryMetricNames(registry), clock),
  },
  limits,
);
const undoer = new ImportUndoer(shared, limits);

function aggregateRecomputation(): AggregateRecomputation {
  const closing = new DynamoDbClosingProgress(dynamoDb, aggregatesTableName);
  const shards = environment.AGGREGATE_SHARDS;
  const ports = {
    readings: new LogReadingStore(blocks, retention, clock),
    aggregates: new DynamoDbAggregateStore(dynamoDb, aggregatesTableName, shards),
    closing,
  };
  const hours = new HourRecomputer(ports, clock, { retention });
  return new AggregateRecomputation(hours, closing, clock);
}

/** S3's event from the queue → import, or the undo of one. */
export const handler = throwingNames(
  uploadBatchHandler({
    importer: new FairImporter(
      importer,
      undoer,
      { imports, quotas, queue, clock },
      environment.IMPORTS_PER_CALLER,
    ),
    queue,
    logger,
    assertClock: async () => blocks.assertClockNow(),
  }),
);
