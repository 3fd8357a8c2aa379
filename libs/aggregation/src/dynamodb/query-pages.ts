import type { AttributeValue, DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import type { Item } from '@sensorflow/platform/aws/stored-item.js';
import { answered } from './store-errors.js';

/**
 * All pages of a query, one call each; a page may be empty. Throws DomainError `unavailable`, and the
 * reason of the budget's signal.
 */
export async function* queryPages(
  client: DynamoDBClient,
  input: QueryCommandInput,
  budget?: WorkBudget,
): AsyncGenerator<readonly Item[]> {
  let startKey: Record<string, AttributeValue> | undefined;
  do {
    const page = { ...input, ...(startKey && { ExclusiveStartKey: startKey }) };
    const answer = await answered(queryWithin(budget, client, page), budget);
    yield answer.Items ?? [];
    startKey = answer.LastEvaluatedKey;
  } while (startKey !== undefined);
}
