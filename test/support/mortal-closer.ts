import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { HourRecomputer } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { Clock } from '@sensorflow/kernel';
import { LogReadingStore, Retention } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { HourCloser, type ClosingReport } from '@sensorflow/verification';

/** A clock that is fast. */
class FastClock extends Clock {
  constructor(private readonly aheadMs: number) {
    super();
  }

  override nowEpochMs(): number {
    return Date.now() + this.aheadMs;
  }

  override async sleep(): Promise<void> {
    return Promise.resolve();
  }
}

/** Never settles, like a call of a dead process. */
const DEAD = new Promise<never>(() => undefined);

/**
 * A closer whose process dies at its `lastCall`-th call to the store, with or without the call's effect.
 * Answers its report, or `dead`.
 */
export async function closeAndDie(
  store: DynamoDBClientConfig,
  tables: { readonly readings: string; readonly aggregates: string },
  aheadMs: number,
  lastCall: number,
): Promise<ClosingReport | 'dead'> {
  const client = new DynamoDBClient(store);
  const death = Promise.withResolvers<'dead'>();
  let calls = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      calls += 1;
      if (calls < lastCall) return next(args);
      // Every other death is one with the effect of the last call.
      if (calls === lastCall && lastCall % 2 === 0) await next(args);
      death.resolve('dead');
      return DEAD;
    },
    { step: 'initialize' },
  );
  const closer = closerOn(client, tables, new FastClock(aheadMs));
  const outcome = await Promise.race([closer.closeDueHours(Infinity), death.promise]);
  client.destroy();
  return outcome;
}

/** Composed as `stream-aggregator.lambda.ts` does. */
function closerOn(
  client: DynamoDBClient,
  tables: { readonly readings: string; readonly aggregates: string },
  clock: Clock,
): HourCloser {
  const blocks = new DynamoDbBlockStore(client, tables.readings);
  const readings = new LogReadingStore(blocks, Retention.FOREVER, clock);
  const aggregates = new DynamoDbAggregateStore(client, tables.aggregates, 1);
  const closing = new DynamoDbClosingProgress(client, tables.aggregates);
  const fleet = new DynamoDbFleetStore(client, tables.aggregates);
  const registry = new DynamoDbEquipmentRegistry(client, tables.aggregates);
  const hours = new HourRecomputer({ readings, aggregates, closing }, clock);
  return new HourCloser({ closing, aggregates, fleet, readings, registry, hours }, clock);
}
