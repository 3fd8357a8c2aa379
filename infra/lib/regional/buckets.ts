import { Aws, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  HttpMethods,
  ObjectOwnership,
  type BucketProps,
} from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  REPORTS_PREFIX,
  UPLOADS_PREFIX,
} from '../../../libs/platform/src/resources/event-sources.ts';
import { UPLOADS_CORS } from '../../../libs/platform/src/resources/uploads-cors.ts';
import type { Deployment } from '../deployment.ts';
import { removalPolicyOf } from '../removal.ts';

const REPORT_DAYS = 90;
const DISCARDED_DAYS = 365;

/**
 * Access logs of buckets and load balancer, and the network's flow logs. It outlives every stack, even one that
 * is rolled back: it is never empty, and would let the rollback fail. It has no name that the next one needs.
 */
export function createLogBucket(scope: Construct, deployment: Deployment) {
  const { logRetentionDays } = deployment;
  return new Bucket(scope, 'logs', {
    ...closed(deployment),
    removalPolicy: RemovalPolicy.RETAIN,
    // S3 and the load balancer write their logs by bucket policy; none needs an ACL.
    lifecycleRules: [{ expiration: Duration.days(logRetentionDays) }],
  });
}

/** Uploads and error reports. Browsers of the console and of a front end put files straight into it. */
export function createUploadBucket(stack: Stack, deployment: Deployment, logs: Bucket): Bucket {
  const { name, domainName, frontendUrl, uploadRetentionDays } = deployment;
  return new Bucket(stack, 'uploads', {
    ...closed(deployment),
    bucketName: `sensorflow-${name}-uploads-${Aws.ACCOUNT_ID}-${stack.region}`,
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: 'uploads/',
    cors: [corsFor([`https://${domainName}`, ...(frontendUrl === 'none' ? [] : [frontendUrl])])],
    lifecycleRules: [
      { prefix: UPLOADS_PREFIX, expiration: Duration.days(uploadRetentionDays) },
      { prefix: REPORTS_PREFIX, expiration: Duration.days(REPORT_DAYS) },
      { abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  });
}

/** Stream batches that a function gave up, whole: they can be replayed from here. */
export function createDiscardBucket(scope: Construct, deployment: Deployment, logs: Bucket) {
  return new Bucket(scope, 'discarded', {
    ...closed(deployment),
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: 'discarded/',
    lifecycleRules: [{ expiration: Duration.days(DISCARDED_DAYS) }],
  });
}

function closed(deployment: Deployment): BucketProps {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: removalPolicyOf(deployment),
  };
}

/** As the embedded S3 answers a page of the console or of a front end. */
function corsFor(allowedOrigins: string[]) {
  return {
    allowedOrigins,
    allowedMethods: UPLOADS_CORS.methods.map((method) => HttpMethods[method]),
    allowedHeaders: ['*'],
    exposedHeaders: [...UPLOADS_CORS.exposedHeaders],
    maxAge: UPLOADS_CORS.maxAgeSeconds,
  };
}

/** Messages stay as long as SQS allows, so that an alarm can wait over a weekend. */
export function createQueue(scope: Construct, id: string, props: QueueProps): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    ...props,
  });
}

/** By the plain resource: the L2 way brings a Lambda function of its own that writes bucket settings. */
export function notifyOfNewObjects(bucket: Bucket, queue: Queue, prefix?: string): void {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof CfnBucket)) throw new TypeError('a bucket without its resource');
  const policy = queue.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  if (policy.policyDependable !== undefined) bucket.node.addDependency(policy.policyDependable);
  resource.notificationConfiguration = {
    queueConfigurations: [
      {
        event: 's3:ObjectCreated:*',
        queue: queue.queueArn,
        ...(prefix && { filter: { s3Key: { rules: [{ name: 'prefix', value: prefix }] } } }),
      },
    ],
  };
}
