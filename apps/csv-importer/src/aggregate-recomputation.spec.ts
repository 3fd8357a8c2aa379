import { hourOfEpochMs, HourRecomputer } from '@sensorflow/aggregation';
import { DomainError } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { AggregateRecomputation } from './aggregate-recomputation.js';

const NOW = '2023-03-01T00:00:00Z';
const SOON = Date.parse(NOW) + 60_000;

async function start(retention = Retention.FOREVER, closedBefore = NOW) {
  const readings = new InMemoryReadingStore();
  const aggregates = new InMemoryAggregateStore();
  const hours = ['2023-02-15T06', '2023-02-25T06'];
  await readings.putAll(
    hours.map((hour) => aStoredReading({ equipmentId: 'EQ-1', timestamp: `${hour}:00:00Z` })),
  );
  const closing = new InMemoryClosingProgress(hourOfEpochMs(Date.parse(closedBefore)));
  const ports = { readings, aggregates, closing };
  const clock = new FixedClock(NOW);
  const recomputer = new HourRecomputer(ports, clock, { retention });
  const named = hours.map((hour) => ({ equipmentId: 'EQ-1', hour }));
  const recomputation = new AggregateRecomputation(recomputer, closing, clock);
  return { aggregates, named, recomputation };
}

describe('the hours of an import', () => {
  it('are recomputed when the call returns', async () => {
    const { aggregates, named, recomputation } = await start();

    expect(await recomputation.recompute(named, SOON)).toBe(0);

    expect(aggregates.cells().map(({ hour }) => hour)).toEqual(named.map(({ hour }) => hour));
  });

  it('are left to their readers and their closing while they are open', async () => {
    const { aggregates, named, recomputation } = await start(
      Retention.FOREVER,
      '2023-02-25T06:00:00Z',
    );

    expect(await recomputation.recompute(named, SOON)).toBe(0);

    const cells = aggregates.cells().map(({ hour, isClosed }) => [hour, isClosed]);
    expect(cells).toEqual([['2023-02-15T06', true]]);
  });

  it('are counted where they are sealed', async () => {
    const { aggregates, named, recomputation } = await start(Retention.ofDays(10));

    expect(await recomputation.recompute(named, SOON)).toBe(1);

    expect(aggregates.cells().map(({ hour }) => hour)).toEqual(['2023-02-25T06']);
  });

  it('wait for a table that throttles', async () => {
    const { aggregates, named, recomputation } = await start();
    const readState = aggregates.readState.bind(aggregates);
    let refusals = 0;
    aggregates.readState = async (of) => {
      refusals += 1;
      if (refusals <= 5) throw new DomainError('unavailable', 'store-unavailable', 'throttled');
      return readState(of);
    };

    expect(await recomputation.recompute(named, SOON)).toBe(0);

    expect(aggregates.cells().map(({ hour }) => hour)).toEqual(named.map(({ hour }) => hour));
  });

  it('that cannot be recomputed fail the call', async () => {
    const { aggregates, named, recomputation } = await start();
    const broken = new RangeError('not a decimal number: abc');
    aggregates.readState = async () => Promise.reject(broken);

    await expect(recomputation.recompute(named, SOON)).rejects.toBe(broken);
  });

  it('are not done at the deadline', async () => {
    const { named, recomputation } = await start();

    const late = recomputation.recompute(named, Date.parse(NOW) - 1);

    await expect(late).rejects.toMatchObject({ code: 'recompute-out-of-time' });
  });
});
