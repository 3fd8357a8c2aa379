import {
  QueryCommand,
  type DynamoDBClient,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';

/** One call of a query, counted by the budget of the request that needs it, and ended with its client. */
export async function queryWithin(
  budget: WorkBudget | undefined,
  client: DynamoDBClient,
  input: QueryCommandInput,
): Promise<QueryCommandOutput> {
  const command = new QueryCommand(input);
  if (!budget) return client.send(command);
  return budget.call(async (abortSignal) => client.send(command, { abortSignal }), itemsRead);
}

/** What the store looked at, which is what it costs. */
function itemsRead(answer: QueryCommandOutput): number {
  return answer.ScannedCount ?? answer.Items?.length ?? 0;
}
