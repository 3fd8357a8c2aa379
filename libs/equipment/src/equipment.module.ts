import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type OnModuleDestroy,
} from '@nestjs/common';
import { SystemClock } from '@sensorflow/kernel';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { ReadingStore } from '@sensorflow/sensor-data';
import { DayTrends } from './day-trends.js';
import { DynamoDbEquipmentRegistry } from './dynamodb/dynamodb-equipment-registry.js';
import { EquipmentOverview } from './equipment-overview.js';
import { EquipmentRegistry } from './equipment-registry.js';
import { AcceptedChanges } from './fleet-states/accepted-changes.js';
import { FleetStates } from './fleet-states/fleet-states.js';
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
  /** Where the hours of a day come from. */
  readonly trends: Source<DayTrends>;
  /** Where changes are heard of. */
  readonly changes: Source<AcceptedChanges>;
}

/** The module that exports what `from` makes something of. */
export interface Source<T> {
  readonly module: DynamicModule;
  readonly inject: InjectionToken;
  readonly from: (dependency: never) => T;
}

/** Known equipment over HTTP. The stream aggregator registers it, in a process of its own. */
@Module({})
export class EquipmentModule implements OnModuleDestroy {
  constructor(private readonly states: FleetStates) {}

  onModuleDestroy(): void {
    this.states.stop();
  }

  static register(options: EquipmentOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName, sensorData, reads, trends, changes } = options;
    return {
      module: EquipmentModule,
      imports: [sensorData, trends.module, changes.module],
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
        { provide: AcceptedChanges, useFactory: changes.from, inject: [changes.inject] },
        {
          provide: FleetStates,
          useFactory: (
            registry: EquipmentRegistry,
            readings: ReadingStore,
            accepted: AcceptedChanges,
          ) => new FleetStates({ registry, readings, changes: accepted }, new SystemClock()),
          inject: [EquipmentRegistry, ReadingStore, AcceptedChanges],
        },
        {
          provide: EquipmentOverview,
          useFactory: (
            registry: EquipmentRegistry,
            readings: ReadingStore,
            days: DayTrends,
            states: FleetStates,
          ) => new EquipmentOverview(registry, readings, days, states, new SystemClock()),
          inject: [EquipmentRegistry, ReadingStore, DayTrends, FleetStates],
        },
      ],
      exports: [EquipmentRegistry, KnownEquipment],
    };
  }
}
