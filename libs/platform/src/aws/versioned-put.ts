import {
  ConditionalCheckFailedException,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { number, type Item } from './stored-item.js';

/** Versions begin with 1; beyond the last, doubles are not exact. */
const [FIRST_VERSION, LAST_VERSION] = [1, 1e15];
/** No item, or one without a readable version: BETWEEN is false for a value of another type. */
const NO_VERSION = 'attribute_not_exists(#version) OR NOT (#version BETWEEN :first AND :last)';
const BOUNDS = { ':first': { N: String(FIRST_VERSION) }, ':last': { N: String(LAST_VERSION) } };

/** 0 without an item, and for an item without a readable version, which the next writer replaces. */
export function versionOf(item: Item | undefined): number {
  const version = Number(item?.['version']?.N);
  return version >= FIRST_VERSION && version <= LAST_VERSION ? version : 0;
}

/**
 * Puts an item in the place of its version − 1; for version 1, where no version can be read. `conflict`
 * when another version is there, and nothing changed. Throws what the client throws.
 */
export async function putNextVersion(
  client: DynamoDBClient,
  tableName: string,
  item: Record<string, AttributeValue>,
): Promise<'replaced' | 'conflict'> {
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
    throw error;
  }
}
