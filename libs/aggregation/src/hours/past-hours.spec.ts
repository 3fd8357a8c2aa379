import { LogReadingStore, Retention } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { aBlockOf } from '../../../../test/support/blocks.js';
import { aBudget } from '../../../../test/support/budgets.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { anInstant, aStoredReading } from '../../../../test/support/readings.js';
import { hourOf, hourPlus } from './hour.js';
import { PastHours } from './past-hours.js';

const START = hourOf(anInstant('2023-08-01T00:00:00Z'));
const HOURS = 20;
const QUERY = {
  equipmentId: 'EQ-1',
  metric: 'value',
  range: { from: START, to: hourPlus(START, HOURS) },
  asOf: anInstant('2023-09-01T00:00:00Z'),
  limit: 1000,
};

/** A reading a minute, in blocks that the store hands out one by one. */
function start(perPage = Infinity) {
  const blocks = new InMemoryBlockStore(perPage);
  for (let minute = 0; minute < 60 * HOURS; minute += 1) {
    const timestamp = new Date(Date.UTC(2023, 7, 1) + minute * 60_000).toISOString();
    const registerTime = timestamp;
    blocks.put(
      aBlockOf(aStoredReading({ equipmentId: 'EQ-1', timestamp, registerTime, value: 0.1 })),
    );
  }
  const store = new LogReadingStore(blocks, Retention.FOREVER, new FixedClock());
  return new PastHours(store);
}

describe('hours as of an instant', () => {
  it('are whole, however the store pages', async () => {
    const { items, summary, next } = await start(7).report(QUERY, aBudget());

    expect(items.map(({ aggregate }) => aggregate.total.toString())).toEqual(
      Array.from({ length: HOURS }, () => '6'),
    );
    expect(summary?.total.toString()).toBe('120');
    expect(next).toBeUndefined();
  });

  it('are refused when they are too many to be folded for one answer', async () => {
    const report = start(1).report(QUERY, aBudget());

    await expect(report).rejects.toMatchObject({ kind: 'invalid', code: 'range-too-costly' });
  });

  it('are not folded for a client that has gone', async () => {
    const client = new AbortController();
    client.abort();

    const report = start().report(QUERY, aBudget(client.signal));

    await expect(report).rejects.toBe(client.signal.reason);
  });
});
