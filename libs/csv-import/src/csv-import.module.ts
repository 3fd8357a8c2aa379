import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { Module, type DynamicModule } from '@nestjs/common';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { CsvImports } from './job/csv-imports.js';
import { DynamoDbImportQuotas } from './dynamodb/dynamodb-import-quotas.js';
import { DynamoDbImportStore } from './dynamodb/dynamodb-import-store.js';
import { CsvPreviewController } from './http/csv-preview.controller.js';
import { ImportsController } from './http/imports.controller.js';
import { CsvPreviews } from './preview/csv-preview.js';
import { S3UploadStorage } from './s3/s3-upload-storage.js';
import { SqsImportQueue } from './sqs/sqs-import-queue.js';

export interface CsvImportOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly importsTableName: string;
  /** Computes checksums only where required. */
  readonly s3: S3Client;
  readonly bucketName: string;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly maxUploadBytes: number;
  readonly clock?: Clock;
  /** What a preview says of readings that are too old; for ever unless given. */
  readonly retention?: Retention;
}

/** Imports as the API sees them; the importer itself runs as a Lambda. */
@Module({})
export class CsvImportModule {
  static register(options: CsvImportOptions): DynamicModule {
    const { dynamoDb, importsTableName, s3, bucketName, sqs, queueUrl, maxUploadBytes } = options;
    const { clock = new SystemClock(), retention = Retention.FOREVER } = options;
    const previews = new CsvPreviews(clock, retention);
    return {
      module: CsvImportModule,
      controllers: [ImportsController, CsvPreviewController],
      providers: [
        { provide: CsvPreviews, useValue: previews },
        {
          provide: CsvImports,
          useFactory: () =>
            new CsvImports(
              {
                imports: new DynamoDbImportStore(dynamoDb, importsTableName),
                quotas: new DynamoDbImportQuotas(dynamoDb, importsTableName, clock),
                storage: new S3UploadStorage(s3, bucketName),
                queue: new SqsImportQueue(sqs, queueUrl),
                previews,
                clock,
              },
              maxUploadBytes,
            ),
        },
      ],
    };
  }
}
