import { GetItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseHour, type Hour, type ReplaceOutcome } from '@sensorflow/aggregation';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { broken, number, text } from '@sensorflow/platform/aws/stored-item.js';
import { putNextVersion, versionOf } from '@sensorflow/platform/aws/versioned-put.js';
import { VerificationProgress, type VerificationPosition } from '../verification-progress.js';

const OUTAGE = {
  code: 'store-unavailable',
  detail: 'The aggregates cannot be reached right now; try again.',
  retryAfterSeconds: 1,
};
const KEY = { partition: { S: 'sweep' }, cell: { S: 'position' } };

/** One row of the aggregates table. */
export class DynamoDbVerificationProgress extends VerificationProgress {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async read(): Promise<VerificationPosition | undefined> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: KEY,
      ConsistentRead: true,
    });
    const { Item: item } = await orUnavailable(OUTAGE, () => this.client.send(command));
    return (
      item && {
        version: versionOf(item),
        next: hourIn(item['next']),
        heldUntilEpochMs: number(item['heldUntil'], 'heldUntil'),
      }
    );
  }

  override async replace(position: VerificationPosition): Promise<ReplaceOutcome> {
    const item = {
      ...KEY,
      version: { N: String(position.version) },
      next: { S: position.next },
      heldUntil: { N: String(position.heldUntilEpochMs) },
    };
    return orUnavailable(OUTAGE, () => putNextVersion(this.client, this.tableName, item));
  }
}

function hourIn(value: AttributeValue | undefined): Hour {
  const hour = parseHour(text(value, 'next'));
  if (hour === undefined) throw broken('next');
  return hour;
}
