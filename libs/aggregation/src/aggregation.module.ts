import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { EquipmentRegistry } from '@sensorflow/equipment';
import { Clock, SystemClock } from '@sensorflow/kernel';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { ReadingStore, type Retention } from '@sensorflow/sensor-data';
import { AggregateRepairer } from './aggregate-repairer.js';
import { AggregateStore } from './aggregate-store.js';
import { DynamoDbAggregateStore } from './dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbFleetStore } from './dynamodb/dynamodb-fleet-store.js';
import { DynamoDbSweepLedger } from './dynamodb/dynamodb-sweep-ledger.js';
import { FirstLooks } from './first-looks.js';
import { FleetStore } from './fleet-store.js';
import { HourRecomputer } from './hour-recomputer.js';
import { HourlyAggregates } from './hourly-aggregates.js';
import { AggregatesController } from './http/aggregates.controller.js';
import { VerificationController } from './http/verification.controller.js';
import { Inspection } from './inspection.js';
import { OccupiedDays } from './occupied-days.js';
import { SumRecomputer } from './sum-recomputer.js';
import { SweepSchedule, type SweepListener } from './sweep-schedule.js';
import { Sweeper } from './sweeper.js';
import { Verification } from './verification.js';

export interface AggregationOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly aggregatesTableName: string;
  /** Shards of a day that has none yet. */
  readonly shards: number;
  /** The module that exports the ReadingStore. */
  readonly sensorData: DynamicModule;
  /** The module that exports the EquipmentRegistry. */
  readonly equipment: DynamicModule;
  readonly retention: Retention;
  /** How long aggregates may lag behind before a difference counts. */
  readonly secondLookMs: number;
  /** How long after its end an hour is swept; 0 for never. */
  readonly sweepDelayMs: number;
  readonly sweepListener: SweepListener;
  readonly clock?: Clock;
  /** One for all reads of the process. */
  readonly reads: ReadScheduler;
}

const SWEEP_EVERY_MS = 30_000;

/**
 * Hourly aggregates over HTTP. The stream aggregator writes them, in a process of its
 * own; this one verifies them, when asked and after each hour.
 */
@Module({})
export class AggregationModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly sweeps: SweepSchedule) {}

  onApplicationBootstrap(): void {
    this.sweeps.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeps.stop();
  }

  static register(options: AggregationOptions): DynamicModule {
    const { dynamoDb, aggregatesTableName: table, shards, sensorData, equipment } = options;
    const { clock = new SystemClock() } = options;
    return {
      module: AggregationModule,
      imports: [sensorData, equipment],
      controllers: [AggregatesController, VerificationController],
      providers: [
        { provide: Clock, useValue: clock },
        { provide: ReadScheduler, useValue: options.reads },
        {
          provide: AggregateStore,
          useFactory: () => new DynamoDbAggregateStore(dynamoDb, table, shards),
        },
        { provide: FleetStore, useFactory: () => new DynamoDbFleetStore(dynamoDb, table) },
        {
          provide: HourlyAggregates,
          useFactory: (store: AggregateStore, fleet: FleetStore) =>
            new HourlyAggregates(store, fleet),
          inject: [AggregateStore, FleetStore],
        },
        {
          provide: Verification,
          useFactory: (...stores: Stores) => verificationOf(stores, clock, options),
          inject: [ReadingStore, AggregateStore, FleetStore, EquipmentRegistry],
        },
        {
          provide: SweepSchedule,
          useFactory: (verification: Verification) => sweepsOf(verification, clock, options),
          inject: [Verification],
        },
      ],
      exports: [AggregateStore, HourlyAggregates],
    };
  }
}

type Stores = [ReadingStore, AggregateStore, FleetStore, EquipmentRegistry];

function verificationOf(
  [readings, aggregates, fleet, registry]: Stores,
  clock: Clock,
  { retention, secondLookMs, sweepListener }: AggregationOptions,
): Verification {
  const hours = new HourRecomputer(readings, aggregates, clock, { retention });
  const inspection = new Inspection(readings, aggregates, fleet);
  const days = new OccupiedDays(readings, aggregates, fleet);
  const ports = {
    readings,
    registry,
    inspection,
    firstLooks: new FirstLooks(inspection, days, clock),
    repairer: new AggregateRepairer(aggregates, hours, new SumRecomputer(fleet, clock), (error) =>
      sweepListener.onFailure(error),
    ),
  };
  return new Verification(ports, clock, { secondLookMs, retention });
}

function sweepsOf(
  verification: Verification,
  clock: Clock,
  { dynamoDb, aggregatesTableName, sweepDelayMs, sweepListener }: AggregationOptions,
): SweepSchedule {
  const ledger = new DynamoDbSweepLedger(dynamoDb, aggregatesTableName);
  const sweeper = new Sweeper(verification, ledger, clock, sweepDelayMs);
  return new SweepSchedule(sweeper, sweepListener, sweepDelayMs === 0 ? 'never' : SWEEP_EVERY_MS);
}
