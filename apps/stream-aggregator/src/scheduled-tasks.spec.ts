import { hourPlus, OpenHours, StreamBatchAggregator, SumRecomputer } from '@sensorflow/aggregation';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { HourCloser } from '@sensorflow/verification';
import { beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../test/support/aggregation-world.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { aBlockOf } from '../../../test/support/blocks.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { lambdaOf } from './lambda-events.js';
import { scheduledTasks } from './scheduled-tasks.js';
import { streamBatchHandler } from './stream-batch-handler.js';

const MINUTE = { getRemainingTimeInMillis: () => 60_000 };
const SIX = anHour('2023-02-15T06');
const REFRESH_MS = 300_000;

describe('the function that a schedule calls', () => {
  let world: AggregationWorld;
  let lines: Record<string, unknown>[];
  let handler: ReturnType<typeof lambdaOf>;

  beforeEach(() => {
    world = new AggregationWorld(undefined, undefined, undefined, new InMemoryClosingProgress());
    world.clock.advance(Date.parse('2023-02-15T06:30:00Z') - world.clock.nowEpochMs());
    lines = [];
    handler = aHandler();
  });

  function aHandler() {
    const { clock, closing, fleet, hours } = world;
    const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
    const aggregator = new StreamBatchAggregator(
      { hours, sums: new SumRecomputer(fleet, clock), closing },
      new OpenHours(clock, REFRESH_MS),
      clock,
    );
    return lambdaOf(
      streamBatchHandler(aggregator, clock, logger),
      scheduledTasks(aggregator, new HourCloser(world, clock), clock, logger),
    );
  }

  async function receive(SequenceNumber: string, minute: string): Promise<void> {
    const timestamp = `2023-02-15T06:${minute}:00Z`;
    const reading = aStoredReading({ equipmentId: 'EQ-1', timestamp });
    await world.readings.putAll([reading]);
    const Keys = { equipmentId: { S: 'EQ-1' }, block: { S: aBlockOf(reading).key } };
    await handler(
      { Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber, Keys } }] },
      MINUTE,
    );
  }

  const count = () =>
    world.aggregates.cell({ equipmentId: 'EQ-1', hour: SIX })?.metrics.get('value')?.count;

  it('refreshes what waits, when it has waited long enough', async () => {
    await receive('1', '01');
    await receive('2', '02');
    const waiting = count();
    world.clock.advance(REFRESH_MS);

    const answer = await handler({ task: 'refresh-open-hours' }, MINUTE);

    expect(answer).toBeUndefined();
    expect([waiting, count()]).toEqual([1, 2]);
    expect(lines.at(-1)).toMatchObject({ msg: 'open cells refreshed', refreshed: 1, failed: 0 });
  });

  it('closes hours, and says how many are behind for the alarm that watches it', async () => {
    await receive('1', '01');
    await receive('2', '02');
    world.clock.advance(Date.parse('2023-02-15T07:05:00Z') - world.clock.nowEpochMs());

    await handler({ task: 'close-hours' }, MINUTE);

    expect(count()).toBe(2);
    expect(await world.closing.read('position')).toBe(hourPlus(SIX, 1));
    expect(lines.at(-1)).toMatchObject({
      code: 'hours-closed',
      closedCells: 1,
      hoursBehind: 0,
      failed: 0,
    });
  });

  it('names the cells that it could not close', async () => {
    await receive('1', '01');
    world.clock.advance(Date.parse('2023-02-15T07:05:00Z') - world.clock.nowEpochMs());
    world.aggregates.replaceCell = async () => Promise.reject(new Error('no answer'));

    await handler({ task: 'close-hours' }, MINUTE);

    expect(lines.at(-2)).toMatchObject({
      level: 'error',
      msg: 'cell not closed',
      equipmentId: 'EQ-1',
      hour: SIX,
    });
    expect(lines.at(-1)).toMatchObject({ code: 'hours-closed', failed: 1 });
  });

  it.each([{}, { task: 'sweep' }, { task: 'toString' }, { task: 7 }, null])(
    'throws for %j, which is neither a batch nor a task',
    async (event) => {
      await expect(handler(event, MINUTE)).rejects.toThrow(TypeError);
    },
  );
});
