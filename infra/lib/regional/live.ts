import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { windowSecondsOf } from '../deployment.ts';
import { liveQueuePrefix } from '../names.ts';
import { LIVE_ACTIONS } from '../permissions.ts';
import { allow } from './grants.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { RegionalParts } from './regional-parts.ts';
import { allowDiscarding, mappingsOf, mapStream, type FindStreamArn } from './stream-mapping.ts';
import { livePublisherVariables } from './variables.ts';

/** It unpacks, packs and waits for the topic. */
const MEMORY_MIB = 256;
/** The least that SNS keeps; 15 minutes are asked for. */
const ARCHIVE_DAYS = 1;

export interface LiveProps {
  readonly streamOf: FindStreamArn;
  /** Where Lambda keeps what the function gave up. */
  readonly discarded: Bucket;
}

/** Readings' stream → publisher → topic; each process of the API makes a queue of its own on it. */
export class Live extends Construct {
  readonly lambda: LambdaFunction;
  readonly topic: Topic;

  private readonly queueArns: string;

  constructor(stack: Stack, parts: RegionalParts, { streamOf, discarded }: LiveProps) {
    super(stack, 'live');
    const { deployment } = parts;
    this.queueArns = stack.formatArn({
      service: 'sqs',
      resource: `${liveQueuePrefix(deployment)}*`,
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
    const mappings = mappingsOf('live-publisher');
    this.topic = new Topic(this, 'topic', {
      fifo: true,
      contentBasedDeduplication: false,
      messageRetentionPeriodInDays: ARCHIVE_DAYS,
      enforceSSL: true,
      masterKey: Alias.fromAliasName(this, 'key', 'alias/aws/sns'),
    });
    this.lambda = new LambdaFunction(this, {
      name: 'live-publisher',
      deployment,
      bundles: parts.bundles,
      timeoutSeconds: Math.max(...mappings.map(({ source }) => source.functionTimeoutSeconds)),
      memoryMib: MEMORY_MIB,
      environment: livePublisherVariables(this.topic),
      // It is called for each poll that finds something: Lambda's own lines would cost more than it does.
      isQuiet: true,
    });
    allow(this.lambda.role, this.topic.topicArn, ['sns:Publish']);
    allowDiscarding(this.lambda, discarded);
    for (const mapping of mappings) {
      const windowSeconds = windowSecondsOf(deployment)[mapping.window];
      const streamArn = streamOf(mapping.tableNameVariable);
      mapStream(this.lambda, mapping, streamArn, windowSeconds, discarded);
    }
  }

  /** For the API's tasks: queues of their own prefix, on this topic. */
  allowListening(role: IRole): void {
    allow(role, this.topic.topicArn, LIVE_ACTIONS.topic);
    allow(role, this.queueArns, LIVE_ACTIONS.queues);
    allow(role, '*', LIVE_ACTIONS.withoutResource);
  }
}
