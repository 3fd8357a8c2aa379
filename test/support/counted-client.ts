import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What a client asked of its DynamoDB, as that bills it. */
export class CountedCalls {
  calls = 0;
  /** Read and write units. */
  units = 0;

  /** Counts from now on. */
  constructor(client: DynamoDBClient) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' as const };
        const result = await next({ ...args, input });
        this.calls += 1;
        this.units += unitsOf(result.output);
        return result;
      },
      { step: 'initialize' },
    );
  }

  reset(): void {
    this.calls = 0;
    this.units = 0;
  }
}

/** Calls about several items say it by the table. */
function unitsOf(output: object): number {
  const consumed = 'ConsumedCapacity' in output ? output.ConsumedCapacity : undefined;
  const tables: readonly unknown[] = Array.isArray(consumed) ? consumed : [consumed];
  return tables.reduce<number>((sum, table) => sum + capacityUnitsIn(table), 0);
}

function capacityUnitsIn(consumed: unknown): number {
  if (typeof consumed !== 'object' || consumed === null) return 0;
  return 'CapacityUnits' in consumed ? Number(consumed.CapacityUnits) : 0;
}
