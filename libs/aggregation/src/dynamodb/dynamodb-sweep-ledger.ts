import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ReplaceOutcome } from '../aggregate-store.js';
import { SweepLedger, type SweepPosition } from '../sweep-ledger.js';
import { hourIn, number, versionOf } from './aggregate-item.js';
import { answered } from './store-errors.js';
import { putNextVersion } from './versioned-put.js';

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
    return putNextVersion(this.client, this.tableName, {
      ...KEY,
      version: { N: String(position.version) },
      next: { S: position.next },
      heldUntil: { N: String(position.heldUntilEpochMs) },
    });
  }
}
