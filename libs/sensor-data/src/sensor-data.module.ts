import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { SystemClock, type Clock, type Instant } from '@sensorflow/kernel';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { DynamoDbBlockStore, type WriteFailureListener } from './dynamodb/dynamodb-block-store.js';
import { GroupCommit } from './group-commit/group-commit.js';
import { BatchController } from './http/batch.controller.js';
import { BlockStore } from './log/block-store.js';
import { InstantHistory } from './log/instant-history.js';
import { LogReader } from './log/log-reader.js';
import { LogReadingStore } from './log/log-reading-store.js';
import { ReadingRemover } from './log/reading-remover.js';
import { StampClock } from './log/stamp.js';
import { MetricNameLimit, type RegisteredMetricNames } from './metric-name-limit.js';
import { SensorDataController } from './http/sensor-data.controller.js';
import { SeriesController } from './http/series.controller.js';
import { ReadingStore } from './reading-store.js';
import { ReadingWriter } from './reading-writer.js';
import type { Retention } from './retention.js';
import { SensorDataService } from './sensor-data.service.js';

export interface SensorDataOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly tableName: string;
  readonly retention: Retention;
  /** The earliest timestamp of readings over HTTP; unset for any. */
  readonly earliest?: Instant;
  readonly registeredNames: RegisteredMetricNames;
  readonly clock?: Clock;
  /** One for all reads of the process. */
  readonly reads: ReadScheduler;
}

/** Readings over HTTP, kept in DynamoDB. */
@Module({})
export class SensorDataModule implements OnApplicationShutdown {
  constructor(private readonly writer: GroupCommit) {}

  /** The server takes no more requests by then; what it admitted is answered first. */
  async onApplicationShutdown(): Promise<void> {
    await this.writer.close();
  }

  static register(options: SensorDataOptions): DynamicModule {
    const { dynamoDb, tableName, retention, registeredNames, clock = new SystemClock() } = options;
    const stamps = new StampClock(clock);
    const expiresAtEpochSeconds = (hour: string) => retention.expiresAtEpochSeconds(hour);
    return {
      module: SensorDataModule,
      controllers: [SensorDataController, SeriesController, BatchController],
      providers: [
        { provide: ReadScheduler, useValue: options.reads },
        {
          provide: BlockStore,
          useFactory: () => {
            const log = writeFailureLog(clock);
            return new DynamoDbBlockStore(dynamoDb, tableName, (kind, error) => {
              if (kind === 'clock-skewed') stamps.restart();
              log(kind, error);
            });
          },
        },
        {
          provide: ReadingStore,
          useFactory: (blocks: BlockStore) => new LogReadingStore(blocks, retention, clock),
          inject: [BlockStore],
        },
        {
          provide: GroupCommit,
          useFactory: (blocks: BlockStore) =>
            new GroupCommit(blocks, clock, { stamps, expiresAtEpochSeconds }),
          inject: [BlockStore],
        },
        { provide: ReadingWriter, useExisting: GroupCommit },
        {
          provide: SensorDataService,
          useFactory: (blocks: BlockStore, store: ReadingStore, writer: ReadingWriter) =>
            new SensorDataService(
              {
                store,
                writer,
                remover: new ReadingRemover(
                  new LogReader(blocks),
                  writer,
                  stamps,
                  expiresAtEpochSeconds,
                ),
                history: new InstantHistory(blocks, retention, clock),
                registered: registeredNames,
              },
              clock,
              retention,
              new MetricNameLimit(registeredNames, clock),
              options.earliest,
            ),
          inject: [BlockStore, ReadingStore, ReadingWriter],
        },
      ],
      exports: [ReadingStore, ReadingWriter, SensorDataService],
    };
  }
}

const LOG_INTERVAL_MS = 1_000;

/** One line a second for each kind of failure: an outage must not drown the log that explains it. */
function writeFailureLog(clock: Clock): WriteFailureListener {
  const logger = new Logger('BlockStore');
  const lastLoggedEpochMs = new Map<string, number>();
  return (kind, error) => {
    const nowEpochMs = clock.nowEpochMs();
    if (nowEpochMs - (lastLoggedEpochMs.get(kind) ?? 0) < LOG_INTERVAL_MS) return;
    lastLoggedEpochMs.set(kind, nowEpochMs);
    const line = `A write of readings failed (${kind}): ${errorNames(error)}`;
    if (kind === 'misconfigured' || kind === 'clock-skewed') logger.error(line);
    else logger.warn(line);
  };
}
