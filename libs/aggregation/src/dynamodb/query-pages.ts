import {
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import type { Item } from './aggregate-item.js';
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
    const command = new QueryCommand({
      ...input,
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    const call =
      budget?.call(async (abortSignal) => client.send(command, { abortSignal }), itemsRead) ??
      client.send(command);
    const answer = await answered(call, budget);
    yield answer.Items ?? [];
    startKey = answer.LastEvaluatedKey;
  } while (startKey !== undefined);
}

/** What the store looked at, which is what it costs. */
function itemsRead(answer: QueryCommandOutput): number {
  return answer.ScannedCount ?? answer.Items?.length ?? 0;
}
