import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Module, type DynamicModule, type InjectionToken } from '@nestjs/common';
import { SystemClock } from '@sensorflow/kernel';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { ReadingStore } from '@sensorflow/sensor-data';
import { DayTrends } from './day-trends.js';
import { DynamoDbEquipmentRegistry } from './dynamodb/dynamodb-equipment-registry.js';
import { EquipmentOverview } from './equipment-overview.js';
import { EquipmentRegistry } from './equipment-registry.js';
import { EquipmentController } from './http/equipment.controller.js';
import { KnownEquipment } from './known-equipment.js';

export interface EquipmentOptions {
  readonly dynamoDb: DynamoDBClient;
  /** The registry's rows are in the table of aggregates. */
  readonly aggregatesTableName: string;
  /** The module that exports the ReadingStore. */
  readonly sensorData: DynamicModule;
  /** One for all reads of the process. */
  readonly reads: ReadScheduler;
  /** Where the hours of a day come from: the module that exports what `from` makes them of. */
  readonly trends: {
    readonly module: DynamicModule;
    readonly inject: InjectionToken;
    readonly from: (dependency: never) => DayTrends;
  };
}

/** Known equipment over HTTP. The stream aggregator registers it, in a process of its own. */
@Module({})
export class EquipmentModule {
  static register(options: EquipmentOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName, sensorData, reads, trends } = options;
    return {
      module: EquipmentModule,
      imports: [sensorData, trends.module],
      controllers: [EquipmentController],
      providers: [
        { provide: ReadScheduler, useValue: reads },
        {
          provide: EquipmentRegistry,
          useFactory: () => new DynamoDbEquipmentRegistry(dynamoDb, aggregatesTableName),
        },
        {
          provide: KnownEquipment,
          useFactory: (registry: EquipmentRegistry, readings: ReadingStore) =>
            new KnownEquipment(registry, readings),
          inject: [EquipmentRegistry, ReadingStore],
        },
        { provide: DayTrends, useFactory: trends.from, inject: [trends.inject] },
        {
          provide: EquipmentOverview,
          useFactory: (registry: EquipmentRegistry, readings: ReadingStore, days: DayTrends) =>
            new EquipmentOverview(registry, readings, days, new SystemClock()),
          inject: [EquipmentRegistry, ReadingStore, DayTrends],
        },
      ],
      exports: [EquipmentRegistry, KnownEquipment],
    };
  }
}
