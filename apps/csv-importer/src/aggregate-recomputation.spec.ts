import {
  FIRST_HOUR,
  hourOfEpochMs,
  HourRecomputer,
  parseHour,
  SumRecomputer,
} from '@sensorflow/aggregation';
import { DomainError } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../test/support/in-memory-fleet-store.js';
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
  const fleet = new InMemoryFleetStore(aggregates);
  const sums = new SumRecomputer(fleet, clock);
  const recomputation = new AggregateRecomputation(
    { hours: recomputer, sums, aggregates, closing },
    clock,
  );
  /** Of the fleet in an hour: how many readings, undefined where no sum was ever written. */
  const summed = (hour: string, metric = 'value') => {
    const sum = fleet.sum({ metric, hour: parseHour(hour) ?? FIRST_HOUR });
    return sum && (sum.aggregate?.count ?? 0);
  };
  return { aggregates, fleet, named, readings, recomputation, summed };
}

describe('the hours of an import', () => {
  it('are recomputed when the call returns', async () => {
    const { aggregates, named, recomputation } = await start();

    expect(await recomputation.recompute(named, SOON)).toBe(0);

    expect(aggregates.cells().map(({ hour }) => hour)).toEqual(named.map(({ hour }) => hour));
  });

  it('are left to their readers, and to whoever closes them, where they are open', async () => {
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

describe('the fleet’s sums over the hours of an import', () => {
  const [FEB_15, FEB_25] = ['2023-02-15T06', '2023-02-25T06'];

  it('hold them when the call returns, those of closed hours', async () => {
    const { named, recomputation, summed } = await start(Retention.FOREVER, '2023-02-25T06:00:00Z');

    await recomputation.recompute(named, SOON);
    const before = summed(FEB_15);
    await recomputation.recomputeSums(SOON);

    expect([before, summed(FEB_15), summed(FEB_25)]).toEqual([undefined, 1, undefined]);
  });

  it('hold what other equipment has there, too, and nothing that is not asked for', async () => {
    const { named, readings, recomputation, summed } = await start();
    const others = [{ value: 7 }, { pressure: 8 }].map((values, i) =>
      aStoredReading({ equipmentId: `EQ-${i + 2}`, timestamp: `${FEB_15}:00:00Z`, values }),
    );
    await readings.putAll(others);
    await recomputation.recompute([{ equipmentId: 'EQ-2', hour: FEB_15 }], SOON);
    await recomputation.recompute(named, SOON);

    await recomputation.recomputeSums(SOON);

    expect([summed(FEB_15), summed(FEB_15, 'pressure')]).toEqual([2, undefined]);
  });

  it('lose a metric that the hours have lost', async () => {
    const { named, readings, recomputation, summed } = await start();
    const timestamp = `${FEB_15}:00:00Z`;
    const reading = aStoredReading({ equipmentId: 'EQ-1', timestamp, values: { pressure: 8 } });
    await readings.putAll([reading]);
    await recomputation.recompute(named, SOON);
    await recomputation.recomputeSums(SOON);
    const before = summed(FEB_15, 'pressure');
    readings.remove(reading.equipmentId, reading.timestamp);

    await recomputation.recompute(named, SOON, ['pressure']);
    await recomputation.recomputeSums(SOON);

    expect([before, summed(FEB_15, 'pressure')]).toEqual([1, 0]);
  });

  it('are waited for also by who comes while they are recomputed', async () => {
    const { fleet, named, recomputation, summed } = await start();
    const replaceSum = fleet.replaceSum.bind(fleet);
    const held = Promise.withResolvers<void>();
    fleet.replaceSum = async (sum) => {
      await held.promise;
      return replaceSum(sum);
    };
    await recomputation.recompute(named, SOON);
    const first = recomputation.recomputeSums(SOON);
    const second = recomputation.recomputeSums(SOON).then(() => summed(FEB_25));

    held.resolve();
    await first;

    expect(await second).toBe(1);
  });

  it('are still to be recomputed after a failure', async () => {
    const { fleet, named, recomputation, summed } = await start();
    const replaceSum = fleet.replaceSum.bind(fleet);
    const broken = new RangeError('broken');
    fleet.replaceSum = async () => Promise.reject(broken);
    await recomputation.recompute(named, SOON);
    await expect(recomputation.recomputeSums(SOON)).rejects.toBe(broken);
    fleet.replaceSum = replaceSum;

    await recomputation.recomputeSums(SOON);

    expect([summed(FEB_15), summed(FEB_25)]).toEqual([1, 1]);
  });

  it('are not done at the deadline', async () => {
    const { named, recomputation } = await start();
    await recomputation.recompute(named, SOON);

    const late = recomputation.recomputeSums(Date.parse(NOW) - 1);

    await expect(late).rejects.toMatchObject({ code: 'recompute-out-of-time' });
  });
});
