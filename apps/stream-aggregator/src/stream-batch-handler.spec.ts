import {
  HourRecomputer,
  OpenHours,
  StreamBatchAggregator,
  SumRecomputer,
} from '@sensorflow/aggregation';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { Retention } from '@sensorflow/sensor-data';
import { beforeEach, describe, expect, it } from 'vitest';
import { aBlockOf } from '../../../test/support/blocks.js';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../test/support/in-memory-fleet-store.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import { streamBatchHandler, type RemainingTime } from './stream-batch-handler.js';

const MINUTE: RemainingTime = { getRemainingTimeInMillis: () => 60_000 };

describe('the function behind the readings’ stream', () => {
  let readings: InMemoryReadingStore;
  let aggregates: InMemoryAggregateStore;
  let lines: Record<string, unknown>[];
  let handler: ReturnType<typeof aHandler>;
  const closing = new InMemoryClosingProgress();

  beforeEach(() => {
    readings = new InMemoryReadingStore();
    aggregates = new InMemoryAggregateStore(2);
    lines = [];
    handler = aHandler();
  });

  function aHandler(retention = Retention.FOREVER) {
    const clock = new FixedClock();
    const handle = streamBatchHandler(
      new StreamBatchAggregator(
        {
          hours: new HourRecomputer({ readings, aggregates, closing }, clock, { retention }),
          sums: new SumRecomputer(new InMemoryFleetStore(aggregates), clock),
          closing,
        },
        new OpenHours(clock, 300_000),
        clock,
      ),
      clock,
      createLogger('info', { write: (line) => lines.push(JSON.parse(line)) }),
    );
    return async (event: unknown, context: RemainingTime) =>
      handle(streamRecordsOf(event), context);
  }

  async function aRecord(
    SequenceNumber: string,
    equipmentId = 'EQ-1',
    values: Readonly<Record<string, number>> = { value: 1 },
  ) {
    const reading = aStoredReading({ equipmentId, values });
    await readings.putAll([reading]);
    const Keys = { equipmentId: { S: equipmentId }, block: { S: aBlockOf(reading).key } };
    return { eventName: 'INSERT', dynamodb: { SequenceNumber, Keys } };
  }

  it('answers without failures when every hour is recomputed', async () => {
    const event = { Records: [await aRecord('1'), await aRecord('2', 'EQ-2')] };

    const answer = await handler(event, MINUTE);

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(aggregates.cells()).toHaveLength(2);
    expect(lines).toMatchObject([{ level: 'info', records: 2, dirtyCells: 2, failed: 0 }]);
  });

  it('names the unreadable record in its answer and in the log', async () => {
    const event = {
      Records: [await aRecord('1'), { dynamodb: { SequenceNumber: '2', Keys: {} } }],
    };

    const answer = await handler(event, MINUTE);

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(lines[0]).toMatchObject({
      level: 'error',
      sequenceNumber: '2',
      err: { code: 'stream-record-malformed' },
    });
  });

  it('logs an hour with more metrics than a cell holds, and does not ask for it again', async () => {
    const tooMany = { a: 1, b: 1, c: 1 };
    const event = { Records: [await aRecord('1', 'EQ-1', tooMany), await aRecord('2', 'EQ-2')] };

    const answer = await handler(event, MINUTE);

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(lines).toMatchObject([
      {
        level: 'error',
        code: 'aggregate-too-large',
        equipmentId: 'EQ-1',
        hour: '2023-02-15T06',
      },
      { level: 'info', dirtyCells: 2, failed: 0, tooLarge: 1 },
    ]);
  });

  it('logs a change that came after its hour was sealed, and does not ask for it again', async () => {
    handler = aHandler(Retention.ofDays(30));

    const answer = await handler({ Records: [await aRecord('1')] }, MINUTE);

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(lines).toMatchObject([
      { level: 'error', code: 'hour-sealed', equipmentId: 'EQ-1', hour: '2023-02-15T06' },
      { level: 'info', dirtyCells: 1, failed: 0, sealed: 1 },
    ]);
    expect(aggregates.cells()).toEqual([]);
  });

  it('logs the first of many failures, and how many there were', async () => {
    const Records = Array.from({ length: 30 }, (_, i) => ({
      dynamodb: { SequenceNumber: String(i) },
    }));

    await handler({ Records }, MINUTE);

    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatchObject({ failed: 30, firstFailed: '0' });
  });

  it('reports everything when there is no time left', async () => {
    const event = { Records: [await aRecord('1'), await aRecord('2', 'EQ-2')] };

    const answer = await handler(event, { getRemainingTimeInMillis: () => 0 });

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
    expect(aggregates.cells()).toEqual([]);
  });

  it('throws for an event that is no batch, so that it is delivered again', async () => {
    await expect(handler({ Messages: [] }, MINUTE)).rejects.toThrow('no Records');
  });
});
