import { Duration, type Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  SCHEDULES,
  type ScheduleDefinition,
  type StreamMappingDefinition,
} from '../../../libs/platform/src/resources/event-sources.ts';
import { TABLES } from '../../../libs/platform/src/resources/tables.ts';
import { windowSecondsOf } from '../deployment.ts';
import { createTable } from '../table.ts';
import { createDiscardBucket, createQueue, notifyOfNewObjects } from './buckets.ts';
import { allowTables } from './grants.ts';
import { LambdaFunction } from './lambda-function.ts';
import type { RegionalParts } from './regional-parts.ts';
import { allowDiscarding, mappingsOf, mapStream, type FindStreamArn } from './stream-mapping.ts';
import { aggregatorVariables } from './variables.ts';

/** One whole processor, for decimal sums and JSON. */
const MEMORY_MIB = 1769;

/** The next run does what one could not. */
const SCHEDULED_RETRIES = 0;

/**
 * Streams → aggregator → this Region's own aggregates. Each Region recomputes from its own replica of the
 * readings, so that no aggregate ever crosses a Region.
 */
export class Aggregator extends Construct {
  readonly lambda: LambdaFunction;
  /** What was given up, and a message for each of its objects. */
  readonly discarded: Bucket;
  readonly discardedNotices: Queue;
  private readonly tables: ReadonlyMap<string, TableV2>;

  constructor(stack: Stack, parts: RegionalParts, streamOfReplica: FindStreamArn) {
    super(stack, 'aggregator');
    const { deployment } = parts;
    const own = TABLES.filter((table) => table.scope === 'own-region');
    this.tables = new Map(
      own.map((table) => [table.nameVariable, createTable(stack, table, deployment)]),
    );
    this.discarded = createDiscardBucket(this, deployment, parts.logs);
    this.discardedNotices = createQueue(this, 'discarded-notices', {});
    notifyOfNewObjects(this.discarded, this.discardedNotices);
    const mappings = mappingsOf('stream-aggregator');
    this.lambda = new LambdaFunction(this, {
      name: 'stream-aggregator',
      deployment,
      bundles: parts.bundles,
      timeoutSeconds: Math.max(...mappings.map(({ source }) => source.functionTimeoutSeconds)),
      memoryMib: MEMORY_MIB,
      environment: aggregatorVariables(parts),
      reservedConcurrency: deployment.reservedConcurrency,
    });
    allowTables(stack, this.lambda.role, 'stream-aggregator', deployment);
    allowDiscarding(this.lambda, this.discarded);
    for (const mapping of mappings) {
      const streamArn = this.ownStreamArn(mapping) ?? streamOfReplica(mapping.tableNameVariable);
      const windowSeconds = windowSecondsOf(deployment)[mapping.window];
      mapStream(this.lambda, mapping, streamArn, windowSeconds, this.discarded);
    }
    for (const schedule of SCHEDULES) this.schedule(schedule);
  }

  /** The rule alone may call the function, and says nothing but the task. */
  private schedule({ task, everySeconds }: ScheduleDefinition): void {
    new Rule(this, task, {
      schedule: Schedule.rate(Duration.seconds(everySeconds)),
      targets: [
        new LambdaTarget(this.lambda.function, {
          event: RuleTargetInput.fromObject({ task }),
          retryAttempts: SCHEDULED_RETRIES,
        }),
      ],
    });
  }

  private ownStreamArn({ tableNameVariable }: StreamMappingDefinition): string | undefined {
    return this.tables.get(tableNameVariable)?.tableStreamArn;
  }
}
