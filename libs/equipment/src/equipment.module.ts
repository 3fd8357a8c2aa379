import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Module, type DynamicModule } from '@nestjs/common';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { ReadingStore } from '@sensorflow/sensor-data';
import { DynamoDbEquipmentRegistry } from './dynamodb/dynamodb-equipment-registry.js';
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
}

/** Known equipment over HTTP. The stream aggregator registers it, in a process of its own. */
@Module({})
export class EquipmentModule {
  static register(options: EquipmentOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName, sensorData, reads } = options;
    return {
      module: EquipmentModule,
      imports: [sensorData],
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
      ],
      exports: [EquipmentRegistry, KnownEquipment],
    };
  }
}
