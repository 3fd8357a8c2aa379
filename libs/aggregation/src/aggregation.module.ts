import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '@sensorflow/kernel';
import { ReadingStore } from '@sensorflow/sensor-data';
import { AggregateStore } from './aggregate-store.js';
import { DynamoDbAggregateStore } from './dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbFleetStore } from './dynamodb/dynamodb-fleet-store.js';
import { FleetStore } from './fleet-store.js';
import { DynamoDbEquipmentRegistry } from './dynamodb/dynamodb-equipment-registry.js';
import { HourlyAggregates } from './hourly-aggregates.js';
import { AggregatesController } from './http/aggregates.controller.js';
import { EquipmentController } from './http/equipment.controller.js';
import { KnownEquipment } from './known-equipment.js';

export interface AggregationOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly aggregatesTableName: string;
  /** Shards of a day that has none yet. */
  readonly shards: number;
  /** The module that exports the ReadingStore. */
  readonly sensorData: DynamicModule;
  readonly clock?: Clock;
}

/** Hourly aggregates and known equipment over HTTP. The stream aggregator writes them, in a process of its own. */
@Module({})
export class AggregationModule {
  static register(options: AggregationOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName, shards, sensorData } = options;
    const { clock = new SystemClock() } = options;
    return {
      module: AggregationModule,
      imports: [sensorData],
      controllers: [AggregatesController, EquipmentController],
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
        {
          provide: KnownEquipment,
          useFactory: (readings: ReadingStore) =>
            new KnownEquipment(
              new DynamoDbEquipmentRegistry(dynamoDb, aggregatesTableName),
              readings,
            ),
          inject: [ReadingStore],
        },
      ],
      exports: [AggregateStore, HourlyAggregates],
    };
  }
}
