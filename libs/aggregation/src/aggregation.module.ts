import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '@sensorflow/kernel';
import { AggregateStore } from './aggregate-store.js';
import { DynamoDbAggregateStore } from './dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbFleetStore } from './dynamodb/dynamodb-fleet-store.js';
import { FleetStore } from './fleet-store.js';
import { HourlyAggregates } from './hourly-aggregates.js';
import { AggregatesController } from './http/aggregates.controller.js';

export interface AggregationOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly aggregatesTableName: string;
  /** Shards of a day that has none yet. */
  readonly shards: number;
  readonly clock?: Clock;
}

/** Hourly aggregates over HTTP. The stream aggregator writes them, in a process of its own. */
@Module({})
export class AggregationModule {
  static register(options: AggregationOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName, shards, clock = new SystemClock() } = options;
    return {
      module: AggregationModule,
      controllers: [AggregatesController],
      providers: [
        { provide: Clock, useValue: clock },
        {
          provide: AggregateStore,
          useFactory: () => new DynamoDbAggregateStore(dynamoDb, aggregatesTableName, shards),
        },
        {
          provide: FleetStore,
          useFactory: () => new DynamoDbFleetStore(dynamoDb, aggregatesTableName),
        },
        {
          provide: HourlyAggregates,
          useFactory: (store: AggregateStore, fleet: FleetStore) =>
            new HourlyAggregates(store, fleet),
          inject: [AggregateStore, FleetStore],
        },
      ],
      exports: [AggregateStore, HourlyAggregates],
    };
  }
}
