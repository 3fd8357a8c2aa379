import 'reflect-metadata';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { afterEach, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryMetricNames } from '../../../test/support/in-memory-metric-names.js';
import { aReading } from '../../../test/support/readings.js';
import { ReadingStore } from './reading-store.js';
import { ReadingWriter } from './reading-writer.js';
import { Retention } from './retention.js';
import { SensorDataModule } from './sensor-data.module.js';
import { SensorDataService } from './sensor-data.service.js';

/** Without a listener. */
const client = new DynamoDBClient({
  endpoint: 'http://127.0.0.1:1',
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
});

class LoggedLines implements LoggerService {
  readonly errors: unknown[] = [];
  log(): void {}
  warn(): void {}
  error(line: unknown): void {
    this.errors.push(line);
  }
}

afterEach(() => client.destroy());

it('the module puts readings and their store together, and logs why writes fail, once a second', async () => {
  const lines = new LoggedLines();
  const module = await Test.createTestingModule({
    imports: [
      SensorDataModule.register({
        dynamoDb: client,
        tableName: 'readings',
        retention: Retention.FOREVER,
        reads: new ReadScheduler(),
        registeredNames: new InMemoryMetricNames(),
        clock: new FixedClock(),
      }),
    ],
  })
    .setLogger(lines)
    .compile();

  const outcomes = await module.get(ReadingWriter).write([aReading()]);

  expect(outcomes).toEqual([{ outcome: 'not-stored' }]);
  expect(module.get(SensorDataService)).toBeInstanceOf(SensorDataService);
  await expect(module.get(ReadingStore).latest('EQ-1')).rejects.toMatchObject({
    code: 'store-unavailable',
  });
  expect(lines.errors.length).toBeGreaterThan(0);
  expect(lines.errors.length).toBeLessThanOrEqual(2);
  expect(String(lines.errors[0])).toContain('ECONNREFUSED');
});

it('closing the application answers what was admitted and admits nothing more', async () => {
  const module = await Test.createTestingModule({
    imports: [
      SensorDataModule.register({
        dynamoDb: client,
        tableName: 'readings',
        retention: Retention.FOREVER,
        reads: new ReadScheduler(),
        registeredNames: new InMemoryMetricNames(),
      }),
    ],
  })
    .setLogger(new LoggedLines())
    .compile();
  const writer = module.get(ReadingWriter);
  const admitted = writer.write([aReading()]);

  await module.close();

  expect(await admitted).toEqual([{ outcome: 'not-stored' }]);
  await expect(writer.write([aReading()])).rejects.toMatchObject({ code: 'shutting-down' });
});
