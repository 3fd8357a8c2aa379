import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { broken, text } from '@sensorflow/platform/aws/stored-item.js';
import { ClosingProgress, type ClosingMark } from '../closing/closing-progress.js';
import { FIRST_HOUR, parseHour, type Hour } from '../hours/hour.js';
import { CLOSING } from './aggregate-keys.js';
import { answered, unavailable } from './store-errors.js';

/** One row of the aggregates table for each mark. */
export class DynamoDbClosingProgress extends ClosingProgress {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async read(mark: ClosingMark): Promise<Hour> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: itemKeyOf(mark),
      ConsistentRead: true,
    });
    const { Item: item } = await answered(this.client.send(command));
    if (!item) return FIRST_HOUR;
    const hour = parseHour(text(item['hour'], 'hour'));
    if (hour === undefined) throw broken('hour');
    return hour;
  }

  override async advance(mark: ClosingMark, to: Hour): Promise<void> {
    const command = new PutItemCommand({
      TableName: this.tableName,
      Item: { ...itemKeyOf(mark), hour: { S: to } },
      ConditionExpression: 'attribute_not_exists(#hour) OR #hour < :hour',
      ExpressionAttributeNames: { '#hour': 'hour' },
      ExpressionAttributeValues: { ':hour': { S: to } },
    });
    try {
      await this.client.send(command);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
    }
  }
}

function itemKeyOf(mark: ClosingMark) {
  return { partition: { S: CLOSING }, cell: { S: mark } };
}
