import {
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './aggregate-item.js';
import { answered } from './store-errors.js';

/** All pages of a query, one call each; a page may be empty. Throws DomainError `unavailable`. */
export async function* queryPages(
  client: DynamoDBClient,
  input: QueryCommandInput,
): AsyncGenerator<readonly Item[]> {
  let startKey: Record<string, AttributeValue> | undefined;
  do {
    const command = new QueryCommand({
      ...input,
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    const answer = await answered(client.send(command));
    yield answer.Items ?? [];
    startKey = answer.LastEvaluatedKey;
  } while (startKey !== undefined);
}
