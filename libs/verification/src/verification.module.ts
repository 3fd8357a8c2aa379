import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  AggregateStore,
  ClosingProgress,
  FleetStore,
  HourRecomputer,
  SumRecomputer,
} from '@sensorflow/aggregation';
import { EquipmentRegistry } from '@sensorflow/equipment';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { ReadingStore, type Retention } from '@sensorflow/sensor-data';
import { AggregateComparison } from './aggregate-comparison.js';
import { AggregateRepairer } from './aggregate-repairer.js';
import { DaysWithData } from './days-with-data.js';
import { DynamoDbVerificationProgress } from './dynamodb/dynamodb-verification-progress.js';
import { HourlyVerifier } from './hourly-verifier.js';
import { VerificationController } from './http/verification.controller.js';
import { PagedComparison } from './paged-comparison.js';
import { VerificationSchedule, type HourlyVerificationListener } from './verification-schedule.js';
import { Verification } from './verification.js';

export interface VerificationModuleOptions {
  readonly dynamoDb: DynamoDBClient;
  /** The row that says how far the hourly verification has come is in the table of aggregates. */
  readonly aggregatesTableName: string;
  /** The module that exports the ReadingStore. */
  readonly sensorData: DynamicModule;
  /** The module that exports the AggregateStore and the FleetStore. */
  readonly aggregation: DynamicModule;
  /** The module that exports the EquipmentRegistry. */
  readonly equipment: DynamicModule;
  readonly retention: Retention;
  /** How long aggregates may lag behind before a difference counts. */
  readonly secondLookMs: number;
  /** How long after its end an hour is verified by itself; 0 for never. */
  readonly hourlyDelayMs: number;
  readonly hourlyListener: HourlyVerificationListener;
  readonly clock?: Clock;
}

const CHECK_FOR_DUE_HOURS_EVERY_MS = 30_000;

/** Compares the aggregates with the readings and repairs them: on request over HTTP, and after each hour. */
@Module({})
export class VerificationModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly schedule: VerificationSchedule) {}

  onApplicationBootstrap(): void {
    this.schedule.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.schedule.stop();
  }

  static register(options: VerificationModuleOptions): DynamicModule {
    const { sensorData, aggregation, equipment, clock = new SystemClock() } = options;
    return {
      module: VerificationModule,
      imports: [sensorData, aggregation, equipment],
      controllers: [VerificationController],
      providers: [
        {
          provide: Verification,
          useFactory: (...stores: Stores) => verificationOf(stores, clock, options),
          inject: [ReadingStore, AggregateStore, FleetStore, EquipmentRegistry, ClosingProgress],
        },
        {
          provide: VerificationSchedule,
          useFactory: (verification: Verification, closing: ClosingProgress) =>
            scheduleOf(verification, closing, clock, options),
          inject: [Verification, ClosingProgress],
        },
      ],
    };
  }
}

type Stores = [ReadingStore, AggregateStore, FleetStore, EquipmentRegistry, ClosingProgress];

function verificationOf(
  [readings, aggregates, fleet, registry, closing]: Stores,
  clock: Clock,
  { retention, secondLookMs, hourlyListener }: VerificationModuleOptions,
): Verification {
  const hours = new HourRecomputer({ readings, aggregates, closing }, clock, { retention });
  const comparison = new AggregateComparison(readings, aggregates, fleet);
  const days = new DaysWithData(readings, aggregates, fleet);
  const ports = {
    closing,
    readings,
    registry,
    comparison,
    pagedComparison: new PagedComparison(comparison, days, clock),
    repairer: new AggregateRepairer(
      { aggregates, hours, sums: new SumRecomputer(fleet, clock) },
      clock,
      (error) => hourlyListener.onFailure(error),
    ),
  };
  return new Verification(ports, clock, { secondLookMs, retention });
}

function scheduleOf(
  verification: Verification,
  closing: ClosingProgress,
  clock: Clock,
  { dynamoDb, aggregatesTableName, hourlyDelayMs, hourlyListener }: VerificationModuleOptions,
): VerificationSchedule {
  const progress = new DynamoDbVerificationProgress(dynamoDb, aggregatesTableName);
  const verifier = new HourlyVerifier(verification, progress, closing, clock, hourlyDelayMs);
  const everyMs = hourlyDelayMs === 0 ? 'never' : CHECK_FOR_DUE_HOURS_EVERY_MS;
  return new VerificationSchedule(verifier, hourlyListener, everyMs);
}
