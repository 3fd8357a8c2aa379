import {
  DynamoDBServiceException,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';
import { putNextVersion } from '@sensorflow/platform/aws/versioned-put.js';
import { AGGREGATE_TOO_LARGE, type ReplaceOutcome } from '../hours/aggregate-store.js';
import { unavailable } from './store-errors.js';

/** Puts a cell or a sum in the place of its version − 1. */
export async function putCell(
  client: DynamoDBClient,
  tableName: string,
  item: Record<string, AttributeValue>,
): Promise<ReplaceOutcome> {
  try {
    return await putNextVersion(client, tableName, item);
  } catch (error) {
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
