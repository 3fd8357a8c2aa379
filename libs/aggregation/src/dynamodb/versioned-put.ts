import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';
import { AGGREGATE_TOO_LARGE, type ReplaceOutcome } from '../aggregate-store.js';
import { versionOf } from './aggregate-item.js';
import { unavailable } from './store-errors.js';

/** Puts an item in the place of its version − 1, or of nothing for version 1. */
export async function putNextVersion(
  client: DynamoDBClient,
  tableName: string,
  item: Record<string, AttributeValue>,
): Promise<ReplaceOutcome> {
  const before = versionOf(item) - 1;
  const command = new PutItemCommand({
    TableName: tableName,
    Item: item,
    ConditionExpression: before === 0 ? 'attribute_not_exists(#version)' : '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ...(before > 0 && { ExpressionAttributeValues: { ':version': { N: String(before) } } }),
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
