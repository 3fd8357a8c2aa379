import { GetItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { broken, number, text } from '@sensorflow/platform/aws/stored-item.js';
import { putNextVersion, versionOf } from '@sensorflow/platform/aws/versioned-put.js';
import type { ReplaceOutcome } from '../aggregate-store.js';
import { parseHour, type Hour } from '../hour.js';
import { SweepLedger, type SweepPosition } from '../sweep-ledger.js';
import { answered } from './store-errors.js';

const KEY = { partition: { S: 'sweep' }, cell: { S: 'position' } };

/** One row of the aggregates table. */
export class DynamoDbSweepLedger extends SweepLedger {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async read(): Promise<SweepPosition | undefined> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: KEY,
      ConsistentRead: true,
    });
    const { Item: item } = await answered(this.client.send(command));
    return (
      item && {
        version: versionOf(item),
        next: hourIn(item['next']),
        heldUntilEpochMs: number(item['heldUntil'], 'heldUntil'),
      }
    );
  }

  override async replace(position: SweepPosition): Promise<ReplaceOutcome> {
    const next = putNextVersion(this.client, this.tableName, {
      ...KEY,
      version: { N: String(position.version) },
      next: { S: position.next },
      heldUntil: { N: String(position.heldUntilEpochMs) },
    });
    return answered(next);
  }
}

function hourIn(value: AttributeValue | undefined): Hour {
  const hour = parseHour(text(value, 'next'));
  if (hour === undefined) throw broken('next');
  return hour;
}
