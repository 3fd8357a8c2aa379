import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '@sensorflow/kernel';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { ReadingStore, type RegisteredMetricNames, type Retention } from '@sensorflow/sensor-data';
import { ClosingProgress } from './closing/closing-progress.js';
import { DynamoDbAggregateStore } from './dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from './dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from './dynamodb/dynamodb-fleet-store.js';
import { EquipmentMetrics } from './equipment-metrics.js';
import { FleetStore } from './fleet/fleet-store.js';
import { EquipmentHours } from './equipment-hours.js';
import { HourlyAggregates } from './hourly-aggregates.js';
import { AggregateStore } from './hours/aggregate-store.js';
import { PastHours } from './hours/past-hours.js';
import { AggregatesController } from './http/aggregates.controller.js';

export interface AggregationOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly aggregatesTableName: string;
  /** Shards of a day that has none yet. */
  readonly shards: number;
  readonly clock?: Clock;
  /** The module that exports the ReadingStore. */
  readonly sensorData: DynamicModule;
  readonly registeredNames: RegisteredMetricNames;
  readonly retention: Retention;
  /** One for all reads of the process. */
  readonly reads: ReadScheduler;
}

/** Hourly aggregates over HTTP. The stream aggregator writes them, in a process of its own. */
@Module({})
export class AggregationModule {
  static register(options: AggregationOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName: table, shards, sensorData, reads, retention } = options;
    const clock = options.clock ?? new SystemClock();
    return {
      module: AggregationModule,
      imports: [sensorData],
      controllers: [AggregatesController],
      providers: [
        { provide: Clock, useValue: clock },
        { provide: ReadScheduler, useValue: reads },
        {
          provide: AggregateStore,
          useFactory: () => new DynamoDbAggregateStore(dynamoDb, table, shards),
        },
        {
          provide: ClosingProgress,
          useFactory: () => new DynamoDbClosingProgress(dynamoDb, table),
        },
        { provide: FleetStore, useFactory: () => new DynamoDbFleetStore(dynamoDb, table) },
        {
          provide: HourlyAggregates,
          useFactory: (
            aggregates: AggregateStore,
            fleet: FleetStore,
            closing: ClosingProgress,
            readings: ReadingStore,
          ) => {
            const equipment = new EquipmentHours({ aggregates, readings }, retention, clock);
            return new HourlyAggregates({ aggregates, fleet, equipment, closing }, clock);
          },
          inject: [AggregateStore, FleetStore, ClosingProgress, ReadingStore],
        },
        {
          provide: PastHours,
          useFactory: (readings: ReadingStore) => new PastHours(readings),
          inject: [ReadingStore],
        },
        {
          provide: EquipmentMetrics,
          useFactory: (readings: ReadingStore) =>
            new EquipmentMetrics(options.registeredNames, readings),
          inject: [ReadingStore],
        },
      ],
      exports: [AggregateStore, ClosingProgress, FleetStore, HourlyAggregates],
    };
  }
}
