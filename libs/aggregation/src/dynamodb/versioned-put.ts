import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';
import { AGGREGATE_TOO_LARGE, type ReplaceOutcome } from '../aggregate-store.js';
import { FIRST_VERSION, LAST_VERSION, number } from './aggregate-item.js';
import { unavailable } from './store-errors.js';

/** Nothing, or an item whose version cannot be read; another type of value lies between no two numbers. */
const NO_VERSION = 'attribute_not_exists(#version) OR NOT (#version BETWEEN :first AND :last)';
const BOUNDS = { ':first': { N: String(FIRST_VERSION) }, ':last': { N: String(LAST_VERSION) } };

/** Puts an item in the place of its version − 1; for version 1, where no version can be read. */
export async function putNextVersion(
  client: DynamoDBClient,
  tableName: string,
  item: Record<string, AttributeValue>,
): Promise<ReplaceOutcome> {
  const before = number(item['version'], 'version') - 1;
  const command = new PutItemCommand({
    TableName: tableName,
    Item: item,
    ConditionExpression: before === 0 ? NO_VERSION : '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: before === 0 ? BOUNDS : { ':version': { N: String(before) } },
  });
  try {
    await client.send(command);
    return 'replaced';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'conflict';
    throw isTooLarge(error) ? tooLarge(error) : unavailable(error);
  }
}

/** DynamoDB says it with a general code and a sentence. */
function isTooLarge(error: unknown): boolean {
  return (
    error instanceof DynamoDBServiceException &&
    error.name === 'ValidationException' &&
    /item size/i.test(error.message)
  );
}

export function tooLarge(cause?: unknown): DomainError {
  return new DomainError(
    'invalid',
    AGGREGATE_TOO_LARGE,
    'An equipment-hour holds about 1,500 metrics; this one has more.',
    { cause },
  );
}
