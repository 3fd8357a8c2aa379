import { Duration } from 'aws-cdk-lib';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  STREAM_MAPPINGS,
  type FunctionName,
  type StreamMappingDefinition,
} from '../../../libs/platform/src/resources/event-sources.ts';
import { allow } from './grants.ts';
import type { LambdaFunction } from './lambda-function.ts';

const STREAM_ACTIONS = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];

/** Finds the ARN of a table's stream in this Region, by the variable that names the table. */
export type FindStreamArn = (tableNameVariable: string) => string;

export function mappingsOf(functionName: FunctionName): readonly StreamMappingDefinition[] {
  return STREAM_MAPPINGS.filter((mapping) => mapping.functionName === functionName);
}

/** Lambda keeps there what a function gave up. */
export function allowDiscarding({ role }: LambdaFunction, discarded: Bucket): void {
  allow(role, discarded.bucketArn, ['s3:ListBucket']);
  allow(role, discarded.arnForObjects('*'), ['s3:PutObject']);
}

/** Feeds a stream to a function, with the rights that this takes. */
export function mapStream(
  lambda: LambdaFunction,
  { name, source }: StreamMappingDefinition,
  eventSourceArn: string,
  windowSeconds: number,
  discarded: Bucket,
): void {
  allow(
    lambda.role,
    eventSourceArn,
    STREAM_ACTIONS.map((action) => `dynamodb:${action}`),
  );
  lambda.function.addEventSourceMapping(name, {
    eventSourceArn,
    batchSize: source.batchSize,
    maxBatchingWindow: Duration.seconds(windowSeconds),
    parallelizationFactor: source.parallelizationFactor,
    startingPosition: StartingPosition[source.startingPosition],
    bisectBatchOnError: source.bisectBatchOnFunctionError,
    retryAttempts: source.maximumRetryAttempts,
    maxRecordAge: Duration.seconds(source.maximumRecordAgeSeconds),
    reportBatchItemFailures: source.reportBatchItemFailures,
    supportS3OnFailureDestination: true,
    // The library's own destination would let the function read and delete what it gave up.
    onFailure: { bind: () => ({ destination: discarded.bucketArn }) },
  });
}
