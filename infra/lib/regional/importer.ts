import { Duration, type Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  REPORTS_PREFIX,
  UPLOADS_PREFIX,
  UPLOADS_QUEUE_SOURCE,
} from '../../../libs/platform/src/resources/event-sources.ts';
import { createQueue, createUploadBucket, notifyOfNewObjects } from './buckets.ts';
import { allow, allowBucket, allowTables } from './grants.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { RegionalParts } from './regional-parts.ts';
import { importerVariables } from './variables.ts';

/** 1,769 MiB is one whole processor: parsing is what it does. */
const MEMORY_MIB = 1769;

/** Bucket → queue → importer; what cannot be imported ends in the dead-letter queue. */
export class Importer extends Construct {
  readonly bucket: Bucket;
  readonly deadLetters: Queue;
  readonly queue: Queue;
  readonly lambda: LambdaFunction;

  constructor(stack: Stack, parts: RegionalParts) {
    super(stack, 'importer');
    const { deployment } = parts;
    const source = UPLOADS_QUEUE_SOURCE;
    this.bucket = createUploadBucket(stack, deployment, parts.logs);
    this.deadLetters = createQueue(this, 'dead-letters', {});
    this.queue = createQueue(this, 'queue', {
      visibilityTimeout: Duration.seconds(source.visibilityTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: source.maxReceiveCount },
    });
    notifyOfNewObjects(this.bucket, this.queue, UPLOADS_PREFIX);
    this.lambda = new LambdaFunction(this, {
      name: 'csv-importer',
      deployment,
      bundles: parts.bundles,
      timeoutSeconds: source.functionTimeoutSeconds,
      memoryMib: MEMORY_MIB,
      environment: importerVariables(parts, this.bucket, this.queue),
    });
    this.permit(stack, parts);
    this.lambda.function.addEventSourceMapping('uploads', {
      eventSourceArn: this.queue.queueArn,
      batchSize: source.batchSize,
      reportBatchItemFailures: source.reportBatchItemFailures,
      maxConcurrency: deployment.concurrentImports,
    });
  }

  /** Of the uploads it reads; the error reports are its own. */
  private permit(stack: Stack, { deployment }: RegionalParts): void {
    const { role } = this.lambda;
    allowTables(stack, role, 'csv-importer', deployment);
    allowBucket(role, this.bucket, {
      [UPLOADS_PREFIX]: ['GetObject'],
      [REPORTS_PREFIX]: ['DeleteObject', 'GetObject', 'PutObject'],
    });
    allow(role, this.queue.queueArn, [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ]);
  }
}
