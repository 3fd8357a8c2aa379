import { LIST_LIMITS, WorkBudget } from '@sensorflow/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryFleetStore } from '../../../test/support/in-memory-fleet-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { hourlyAggregatesOn } from '../../../test/support/hourly-aggregates.js';
import { aStoredReading } from '../../../test/support/readings.js';
import type { HourlyAggregates } from './hourly-aggregates.js';
import {
  AGGREGATE_TOO_LARGE,
  compareEquipmentHours,
  type EquipmentHour,
  type MetricHour,
} from './hours/aggregate-store.js';
import { hourOf, hourPlus, startOfHourEpochSeconds, type Hour } from './hours/hour.js';
import { foldReadings, merge } from './hours/hourly-aggregate.js';

const FIRST = hourOf(aStoredReading({ timestamp: '2023-02-14T20:00:00Z' }).timestamp);
const RANGE = { from: FIRST, to: hourPlus(FIRST, 8) };
const RANGE_END = hourPlus(FIRST, 7);
const EQUIPMENT = ['EQ-1', 'EQ-10', 'EQ-2', 'eq-1'];

function aBudget(limits = LIST_LIMITS, signal = new AbortController().signal): WorkBudget {
  return new WorkBudget(signal, new FixedClock(), limits);
}

describe('hourly aggregates', () => {
  let store: InMemoryAggregateStore;
  let fleet: InMemoryFleetStore;
  let aggregates: HourlyAggregates;

  beforeEach(() => {
    store = new InMemoryAggregateStore();
    fleet = new InMemoryFleetStore(store);
    aggregates = hourlyAggregatesOn(store, fleet);
  });

  function put(equipmentId: string, hour: Hour, ...values: number[]): void {
    const readings = values.map((value, minute) =>
      aStoredReading({
        equipmentId,
        timestamp: `${hour}:${String(minute).padStart(2, '0')}:00Z`,
        value,
      }),
    );
    store.put({
      equipmentId,
      hour,
      version: 1,
      metrics: foldReadings(readings),
      isClosed: true,
    });
    fleet.catchUp();
  }

  function putEightHours(): void {
    for (let i = 7; i >= 0; i -= 1) {
      for (const id of EQUIPMENT) put(id, hourPlus(FIRST, i), i + 0.1, i + 0.2);
    }
  }

  async function allPages(limit: number): Promise<readonly MetricHour[]> {
    const items: MetricHour[] = [];
    let after: EquipmentHour | undefined;
    do {
      const query = { metric: 'value', range: RANGE, limit, ...(after && { after }) };
      const page = await aggregates.report(query);
      expect(page.summary?.count).toBe(64);
      expect(page.summary?.total.toString()).toBe('233.6');
      items.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return items;
  }

  it('come in order of the hour, and within it of the equipment', async () => {
    putEightHours();

    const { items, next } = await aggregates.report({ metric: 'value', range: RANGE, limit: 1000 });

    expect(items).toHaveLength(32);
    expect(items).toEqual([...items].sort(compareEquipmentHours));
    expect(items.slice(0, 4).map(({ equipmentId }) => equipmentId)).toEqual(EQUIPMENT);
    expect(next).toBeUndefined();
  });

  it.each([1, 3, 4, 31, 32, 33])(
    'in pages of %i are the same as all at once, each page with the summary of the whole range',
    async (limit) => {
      putEightHours();
      const { items } = await aggregates.report({ metric: 'value', range: RANGE, limit: 1000 });

      expect(await allPages(limit)).toEqual(items);
    },
  );

  it('sum up over count, which the mean of hourly means would not be', async () => {
    put('EQ-1', FIRST, 1, 1, 1);
    put('EQ-2', FIRST, 5);

    const { summary } = await aggregates.report({ metric: 'value', range: RANGE, limit: 1 });

    expect(summary?.total.dividedByCount(summary.count)).toBe(2);
  });

  it('leave out hours outside the range, other metrics and hours whose readings are all deleted', async () => {
    put('EQ-1', hourPlus(FIRST, -1), 1);
    put('EQ-1', RANGE.to, 1);
    put('EQ-2', FIRST);
    const metrics = foldReadings([aStoredReading({ values: { pressure: 2.3 } })]);
    store.put({ equipmentId: 'EQ-3', hour: FIRST, version: 1, metrics });

    const report = await aggregates.report({ metric: 'value', range: RANGE, limit: 10 });

    expect(report).toMatchObject({ summary: undefined, items: [], notShown: [], next: undefined });
  });

  it('of one equipment are summed up for it alone', async () => {
    putEightHours();

    const query = { metric: 'value', range: RANGE, limit: 2, equipmentId: 'EQ-10' };
    const { summary, items } = await aggregates.report(query);

    expect(summary?.count).toBe(16);
    expect(items.map(({ equipmentId, hour }) => [equipmentId, hour])).toEqual([
      ['EQ-10', FIRST],
      ['EQ-10', hourPlus(FIRST, 1)],
    ]);
  });

  it('that are too large to be shown are named, and count for the size of a page', async () => {
    const failed = EQUIPMENT.map((equipmentId) => ({ equipmentId, hour: FIRST }));
    for (const of of failed) {
      store.put({
        ...of,
        version: 1,
        metrics: new Map(),
        failure: AGGREGATE_TOO_LARGE,
        isClosed: true,
      });
    }

    const first = await aggregates.report({ metric: 'value', range: RANGE, limit: 3 });
    const { next: after } = first;
    const query = { metric: 'value', range: RANGE, limit: 3, ...(after && { after }) };
    const second = await aggregates.report(query);
    const ofOne = await aggregates.report({ ...query, equipmentId: 'eq-1' });

    expect([...first.notShown, ...second.notShown]).toMatchObject(failed);
    expect(first).toMatchObject({ summary: undefined, items: [], notShown: { length: 3 } });
    expect(second.next).toBeUndefined();
    expect(ofOne).toMatchObject({ summary: undefined, notShown: [failed[3]], next: undefined });
  });

  it('without the metric end a page when its budget is spent, after those that were read', async () => {
    putEightHours();

    const ends: (EquipmentHour | undefined)[] = [];
    let after: EquipmentHour | undefined;
    do {
      const query = { metric: 'unknown', range: RANGE, limit: 1, ...(after && { after }) };
      const page = await aggregates.report(query, aBudget({ storeCalls: 1, ms: Infinity }));
      expect(page.items).toEqual([]);
      ends.push((after = page.next));
    } while (after !== undefined);

    expect(ends).toHaveLength(17);
    expect(ends[0]).toMatchObject({ hour: FIRST, equipmentId: 'EQ-10' });
    expect(ends.at(-2)).toMatchObject({ hour: RANGE_END, equipmentId: 'eq-1' });
  });

  it('of one equipment are all summed up, or none when that costs too much', async () => {
    putEightHours();
    const budget = aBudget();
    const query = { metric: 'value', range: RANGE, limit: 1, equipmentId: 'EQ-1' };
    const scan = store.scanMetric.bind(store);
    store.scanMetric = async function* (of, part) {
      for (let call = 0; call < 1000; call += 1) await part?.call(async () => Promise.resolve());
      yield* scan(of, part);
    };

    await expect(aggregates.report(query, budget)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'range-too-costly',
    });
  });

  it.each([{}, { equipmentId: 'EQ-1' }])(
    'are not looked for by %o who has gone',
    async (filter) => {
      putEightHours();
      const client = new AbortController();
      client.abort();
      const query = { metric: 'value', range: RANGE, limit: 1, ...filter };

      const report = aggregates.report(query, aBudget(undefined, client.signal));

      await expect(report).rejects.toBe(client.signal.reason);
    },
  );

  it('of an empty range are not looked for', async () => {
    putEightHours();

    const range = { from: FIRST, to: FIRST };

    expect(await aggregates.report({ metric: 'value', range, limit: 10 })).toMatchObject({
      summary: undefined,
      items: [],
      notShown: [],
      next: undefined,
    });
  });

  describe('of all equipment while their sums are behind', () => {
    /** A cell that the sums have not heard of. */
    function change(equipmentId: string, hour: Hour, ...values: number[]): void {
      const { version = 0 } = store.cell({ equipmentId, hour }) ?? {};
      const readings = values.map((value, second) =>
        aStoredReading({ equipmentId, timestamp: `${hour}:30:${10 + second}Z`, value }),
      );
      const metrics = foldReadings(readings);
      store.put({ equipmentId, hour, version: version + 1, metrics, isClosed: true });
    }

    async function pageOf(limit: number, after?: EquipmentHour) {
      const query = { metric: 'value', range: RANGE, limit, ...(after && { after }) };
      const { items, summary, next } = await aggregates.report(query);
      const shown = items.map(({ aggregate }) => aggregate);
      return { items, next, summary, shown: shown.length > 0 ? shown.reduce(merge) : undefined };
    }

    it('have the summary of the items that one answer shows', async () => {
      put('EQ-1', FIRST, 1, 2);
      put('EQ-2', FIRST, 4);
      put('EQ-1', RANGE_END, 8);
      change('EQ-1', FIRST, 16, 32, 64);
      change('EQ-2', RANGE_END, 128);
      change('EQ-1', RANGE_END);

      const { items, summary, shown } = await pageOf(1000);

      expect(items).toHaveLength(3);
      expect(summary?.total.toString()).toBe('244');
      expect(summary).toEqual(shown);
    });

    it('have in the summary of a page what it shows of whole hours, and sums of the others', async () => {
      putEightHours();
      const [second, third] = [hourPlus(FIRST, 1), hourPlus(FIRST, 2)];
      for (const hour of [FIRST, second, third]) change('EQ-2', hour, 1000);

      const before = await pageOf(6);
      const behind = await pageOf(6, before.next);

      // Of EQ-2 in an hour stood 2 values, and their sum was 0.3 more than twice the hour's place.
      expect(before.items.at(-1)).toMatchObject({ equipmentId: 'EQ-10', hour: second });
      expect(before.summary?.total.toString()).toBe('1233.3');
      expect(behind.items.at(-1)).toMatchObject({ equipmentId: 'eq-1', hour: third });
      expect(behind.summary?.total.toString()).toBe('233.6');
    });

    it('have no hour twice whose page ends with its budget', async () => {
      putEightHours();
      const budget = aBudget({ storeCalls: 4, ms: Infinity });

      const { summary, next } = await aggregates.report(
        { metric: 'value', range: RANGE, limit: 1000 },
        budget,
      );

      expect(next).toBeDefined();
      expect(summary?.total.toString()).toBe('233.6');
    });
  });

  describe('of all equipment', () => {
    const NOW = startOfHourEpochSeconds(RANGE.to) + 100;

    /** What the hours before it amount to is closed. */
    async function asOf(closedBefore: Hour, range = RANGE): Promise<number | undefined> {
      const closing = new InMemoryClosingProgress(closedBefore);
      const clock = new FixedClock(new Date(NOW * 1000).toISOString());
      const reader = hourlyAggregatesOn(store, fleet, new InMemoryReadingStore(), closing, clock);
      return (await reader.report({ metric: 'value', range, limit: 1 })).asOfEpochSeconds;
    }

    async function sum(hour: Hour, asOfSum?: number): Promise<void> {
      const version = (fleet.sum({ metric: 'value', hour })?.version ?? 0) + 1;
      const known = asOfSum === undefined ? {} : { asOf: asOfSum };
      await fleet.replaceSum({ metric: 'value', hour, version, aggregate: undefined, ...known });
    }

    it('hold as of now when every hour is closed, whatever their sums say', async () => {
      await sum(FIRST, 7);

      expect(await asOf(RANGE.to)).toBe(NOW);
      expect(await asOf(FIRST, { from: FIRST, to: FIRST })).toBe(NOW);
    });

    it('hold as of the oldest that an open hour says', async () => {
      const [first, second] = [FIRST, hourPlus(FIRST, 1)];
      const start = startOfHourEpochSeconds(first);
      await sum(first, start + 3300);
      await sum(second, start + 3100);
      const range = { from: first, to: hourPlus(first, 2) };

      expect(await asOf(first, range)).toBe(start + 3100);
      expect(await asOf(second, { from: first, to: second })).toBe(NOW);
    });

    it.each([
      ['has no sum', undefined],
      ['has a sum that does not say', () => undefined],
      ['has a sum of which nothing is known', () => 0],
    ])('hold as of ten minutes before an open hour that %s', async (_, said) => {
      if (said) await sum(FIRST, said());
      const range = { from: FIRST, to: hourPlus(FIRST, 1) };

      expect(await asOf(FIRST, range)).toBe(startOfHourEpochSeconds(FIRST) - 600);
    });
  });
});
