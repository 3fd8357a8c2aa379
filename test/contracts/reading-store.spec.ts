import {
  LogReadingStore,
  Retention,
  type ReadingRange,
  type ReadingStore,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { instantToEpochMs, SystemClock, WorkBudget } from '@sensorflow/kernel';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { BlockBuilder } from '@sensorflow/sensor-data/log/block-builder.js';
import type { BlockStore } from '@sensorflow/sensor-data/log/block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { hourOf, offsetOf } from '@sensorflow/sensor-data/log/hour-time.js';
import { sealRemoval } from '@sensorflow/sensor-data/log/seal-removal.js';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBudget } from '../support/budgets.js';
import { FixedClock } from '../support/fixed-clock.js';
import { InMemoryBlockStore } from '../support/in-memory-block-store.js';
import { InMemoryReadingStore } from '../support/in-memory-reading-store.js';
import { anInstant, aStoredReading, pagesOf } from '../support/readings.js';
import { startTestDynamoDb } from '../support/test-dynamodb.js';

/** A store of readings, and how what stands in it comes about. */
interface Subject {
  readonly store: ReadingStore;
  /** Of an instant that has none. */
  write(readings: readonly StoredReading[]): Promise<void>;
  remove(reading: StoredReading): Promise<void>;
  stop(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  ['the double', asDouble],
  ['the log in memory', inMemory],
  ['the log in DynamoDB', inDynamoDb],
];

describe.each(subjects)('the store of readings: %s', (_, start) => {
  let subject: Subject;
  let store: ReadingStore;
  let equipmentCount = 0;
  /** Every test has equipment of its own, so that they can share a table. */
  const newEquipment = () => `EQ-${(equipmentCount += 1)}`;

  const pagesIn = async (range: ReadingRange, budget = () => aBudget()) => {
    const pages = [await store.range(range, budget())];
    for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
      // As a cursor it must lie within its range.
      expect(next >= (range.from ?? '') && next < (range.to ?? ':')).toBe(true);
      pages.push(await store.range({ ...range, after: next }, budget()));
    }
    return pages.map(({ readings }) => readings);
  };

  beforeAll(async () => {
    subject = await start();
    store = subject.store;
  });
  afterAll(() => subject.stop());

  it('names every equipment that has readings once, however many it has', async () => {
    const ids = Array.from({ length: 30 }, newEquipment).concat(`${newEquipment()}.a`, 'a', 'Z');
    for (const equipmentId of ids) await subject.write(manyReadings(equipmentId, 3));

    const own = new Set(ids);
    const named = (await pagesOf(store.scanEquipment())).flat().filter((id) => own.has(id));

    expect(named.toSorted()).toEqual(ids.toSorted());
  });

  it('knows equipment that was ever written, even if all of its readings were removed', async () => {
    const [sent, removed, silent] = [newEquipment(), newEquipment(), newEquipment()];
    const [reading] = manyReadings(removed, 1);
    if (!reading) throw new Error('one reading');
    await subject.write([...manyReadings(sent, 3), reading]);
    await subject.remove(reading);

    const known = await Promise.all(
      [sent, removed, silent].map(async (id) => store.hasBlocks(id, aBudget())),
    );

    expect(known).toEqual([true, true, false]);
  });

  it('costs a budget its calls, and is not scanned for a client that has gone', async () => {
    const equipmentId = newEquipment();
    await subject.write([aStoredReading({ equipmentId, timestamp: second2023(1) })]);
    const [from, to] = [anInstant(second2023(0)), anInstant(second2023(9))];
    const reader = new AbortController();
    const budget = aBudget(reader.signal);
    const scans: readonly (() => Promise<unknown>)[] = [
      async () => pagesOf(store.scanEquipment(budget)),
      async () => pagesOf(store.scanRange(equipmentId, from, to, budget)),
    ];

    for (const scan of scans) {
      const { storeCalls } = budget.cost;
      await scan();
      expect(budget.cost.storeCalls).toBeGreaterThan(storeCalls);
    }
    const { storeCalls } = budget.cost;
    reader.abort();

    for (const scan of scans) await expect(scan()).rejects.toBe(reader.signal.reason);
    expect(budget.cost.storeCalls).toBe(storeCalls);
  });

  it('gives back exactly the reading that was put', async () => {
    const reading = aStoredReading({
      equipmentId: newEquipment(),
      timestamp: '2023-02-15T01:30:00.123456789-05:00',
      values: { temperature: -75.5, constructor: 0, 'p.1': 1e-100, p2: 1e100 },
      tags: { cipId: 'CIP_001', toString: 'ü 😀' },
      registerTime: '2023-02-15T06:30:01.5Z',
    });

    await subject.write([reading]);

    expect(await store.latest(reading.equipmentId)).toMatchObject(reading);
  });

  it('keeps every digit of a double', async () => {
    const equipmentId = newEquipment();
    // As text: 15 to 17 significant digits, as sensors send them.
    const texts = [
      '0.1',
      '78.42',
      '78.42000000000002',
      '0.30000000000000004',
      '123456789.12345679',
    ];
    const more = [
      '9007199254740992',
      '1.7976931348623157e+99',
      '-2.2250738585072015e-50',
      '1e-7',
      '0',
    ];
    const all = [...texts, ...more];

    await subject.write(
      all.map((text, second) =>
        aStoredReading({ equipmentId, timestamp: second2023(second), value: Number(text) }),
      ),
    );

    const { readings } = await store.range({ equipmentId, order: 'asc', limit: 100 });
    expect(readings.map(({ values }) => String(values.get('value')))).toEqual(all);
  });

  it('includes the beginning of a range and excludes its end', async () => {
    const equipmentId = newEquipment();
    await subject.write(manyReadings(equipmentId, 10));
    const secondsOf = async (from?: number, to?: number) => {
      const page = await store.range({
        equipmentId,
        order: 'asc',
        limit: 100,
        ...(from !== undefined && { from: anInstant(second2023(from)) }),
        ...(to !== undefined && { to: anInstant(second2023(to)) }),
      });
      return page.readings.map(({ values }) => values.get('value'));
    };

    expect(await secondsOf(3, 6)).toEqual([3, 4, 5]);
    expect(await secondsOf(8)).toEqual([8, 9]);
    expect(await secondsOf(undefined, 2)).toEqual([0, 1]);
    expect(await secondsOf(4, 4)).toEqual([]);
    expect(await secondsOf(6, 3)).toEqual([]);
    expect(await secondsOf()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('distinguishes instants to the nanosecond at both ends of a range', async () => {
    const equipmentId = newEquipment();
    const texts = ['00.999999999Z', '01Z', '01.000000001Z', '02Z'].map(
      (s) => `2023-01-01T00:00:${s}`,
    );
    await subject.write(texts.map((timestamp) => aStoredReading({ equipmentId, timestamp })));

    const { readings } = await store.range({
      equipmentId,
      from: anInstant('2023-01-01T00:00:01Z'),
      to: anInstant('2023-01-01T00:00:02Z'),
      order: 'asc',
      limit: 10,
    });

    expect(readings.map(({ timestamp }) => timestamp)).toEqual([
      '2023-01-01T00:00:01.000000000Z',
      '2023-01-01T00:00:01.000000001Z',
    ]);
  });

  it.each(['asc', 'desc'] as const)('hands out pages that fit together: %s', async (order) => {
    const equipmentId = newEquipment();
    const all = manyReadings(equipmentId, 20);
    await subject.write(all);
    const range = {
      equipmentId,
      from: anInstant(second2023(2)),
      to: anInstant(second2023(18)),
      order,
      limit: 4,
    };

    const pages = await pagesIn(range);

    const expected = all.slice(2, 18);
    if (order === 'desc') expected.reverse();
    expect(pages.flat()).toMatchObject(expected);
    expect(pages.map(({ length }) => length)).toEqual([4, 4, 4, 4]);
  });

  it.each(['asc', 'desc'] as const)(
    'hands out pages that fit together across hours and what was removed: %s',
    async (order) => {
      const equipmentId = newEquipment();
      const all = Array.from({ length: 30 }, (_reading, n) =>
        aStoredReading({ equipmentId, timestamp: everyTenMinutes(n), value: n }),
      );
      await subject.write(all);
      const isRemoved = (n: number) => n % 7 === 0 || (n > 9 && n < 17) || n === 29;
      for (const [n, reading] of all.entries()) if (isRemoved(n)) await subject.remove(reading);

      const pages = await pagesIn({ equipmentId, order, limit: 5 });

      const expected = all.filter((_reading, n) => !isRemoved(n));
      if (order === 'desc') expected.reverse();
      expect(pages.flat()).toMatchObject(expected);
      expect(pages.slice(0, -1).every(({ length }) => length === 5)).toBe(true);
    },
  );

  it.each(['asc', 'desc'] as const)(
    'goes on from pages that their budget cut short, also from empty ones: %s',
    async (order) => {
      const equipmentId = newEquipment();
      const all = Array.from({ length: 40 }, (_reading, n) =>
        aStoredReading({ equipmentId, timestamp: everyTenMinutes(n), value: n }),
      );
      await subject.write(all);
      const isRemoved = (n: number) => n > 5 && n < 35;
      for (const [n, reading] of all.entries()) if (isRemoved(n)) await subject.remove(reading);
      const spent = () =>
        new WorkBudget(new AbortController().signal, new SystemClock(), { storeCalls: 1, ms: 0 });
      const range = {
        equipmentId,
        from: anInstant(everyTenMinutes(1)),
        to: anInstant(everyTenMinutes(38)),
        order,
        limit: 100,
      };

      const pages = await pagesIn(range, spent);

      const expected = all.slice(1, 38).filter((_reading, n) => !isRemoved(n + 1));
      if (order === 'desc') expected.reverse();
      expect(pages.flat()).toMatchObject(expected);
      expect(pages.flat()).toHaveLength(expected.length);
    },
  );

  it('has nothing left of equipment whose readings were all removed', async () => {
    const equipmentId = newEquipment();
    const all = manyReadings(equipmentId, 3);
    await subject.write(all);

    for (const reading of all) await subject.remove(reading);

    expect(await store.latest(equipmentId)).toBeUndefined();
    expect((await pagesIn({ equipmentId, order: 'asc', limit: 2 })).flat()).toEqual([]);
    const [from, to] = [anInstant(second2023(0)), anInstant(second2023(59))];
    expect((await pagesOf(store.scanRange(equipmentId, from, to))).flat()).toEqual([]);
  });

  it('continues after a reading that was removed meanwhile', async () => {
    const equipmentId = newEquipment();
    const all = manyReadings(equipmentId, 10);
    await subject.write(all.filter((_reading, second) => second !== 4));

    const page = await store.range({
      equipmentId,
      order: 'asc',
      limit: 2,
      after: anInstant(second2023(4)),
    });

    expect(page.readings).toMatchObject(all.slice(5, 7));
    expect(page.readings).toHaveLength(2);
  });

  it('knows the newest reading, whatever the order of arrival', async () => {
    const equipmentId = newEquipment();
    const [oldest, middle, newest] = manyReadings(equipmentId, 3);
    for (const reading of [middle, newest, oldest]) if (reading) await subject.write([reading]);

    expect(await store.latest(equipmentId)).toMatchObject(newest ?? {});
    if (newest) await subject.remove(newest);
    expect(await store.latest(equipmentId)).toMatchObject(middle ?? {});
  });

  it('has nothing to show for unknown equipment', async () => {
    const equipmentId = newEquipment();

    expect(await store.latest(equipmentId)).toBeUndefined();
    expect(await store.range({ equipmentId, order: 'desc', limit: 5 })).toEqual({
      readings: [],
      next: undefined,
    });
  });

  it('scans a range in order of time, end excluded', async () => {
    const equipmentId = newEquipment();
    const all = manyReadings(equipmentId, 25);
    await subject.write(all);
    const scanned = async (from: number, to: number) => {
      const pages = store.scanRange(
        equipmentId,
        anInstant(second2023(from)),
        anInstant(second2023(to)),
      );
      return (await pagesOf(pages)).flat();
    };

    const part = await scanned(5, 20);
    expect(part).toMatchObject(all.slice(5, 20));
    expect(part).toHaveLength(15);
    expect(await scanned(7, 7)).toEqual([]);
  });

  it('shows as of an instant what was accepted by then', async () => {
    const equipmentId = newEquipment();
    const accepted = (second: number) => `2023-01-02T00:00:00.00${second}Z`;
    const all = [0, 1, 2, 3].map((second) =>
      aStoredReading({
        equipmentId,
        timestamp: second2023(second),
        value: second,
        registerTime: accepted((second * 3) % 4),
      }),
    );
    await subject.write(all);
    const then = store.asOf(anInstant(accepted(1)));
    const [from, to] = [anInstant(second2023(0)), anInstant(second2023(59))];

    const listed = await then.range({ equipmentId, order: 'asc', limit: 10 });
    const scanned = (await pagesOf(then.scanRange(equipmentId, from, to))).flat();

    // Accepted in the milliseconds 0, 3, 2 and 1.
    const expected = [all[0], all[3]];
    for (const found of [listed.readings, scanned]) {
      expect(found).toMatchObject(expected);
      expect(found).toHaveLength(2);
    }
    expect(await then.latest(equipmentId)).toMatchObject(all[3] ?? {});
    expect(await store.asOf(anInstant('2023-01-01T00:00:00Z')).latest(equipmentId)).toBeUndefined();
  });

  it('holds other equipment apart, also when one id begins with the other', async () => {
    const equipmentId = newEquipment();
    const reading = aStoredReading({ equipmentId });
    await subject.write([reading, aStoredReading({ equipmentId: `${equipmentId}:pressure` })]);

    const { readings } = await store.range({ equipmentId, order: 'asc', limit: 10 });

    expect(readings).toMatchObject([reading]);
    expect(readings).toHaveLength(1);
  });
});

function asDouble(): Promise<Subject> {
  const store = new InMemoryReadingStore();
  return Promise.resolve({
    store,
    write: async (readings) => store.putAll(readings),
    remove: async ({ equipmentId, timestamp }) => {
      store.remove(equipmentId, timestamp);
      return Promise.resolve();
    },
    stop: async () => Promise.resolve(),
  });
}

function inMemory(): Promise<Subject> {
  return Promise.resolve(inLog(new InMemoryBlockStore(3), async () => Promise.resolve()));
}

async function inDynamoDb(): Promise<Subject> {
  const dynamodb = await startTestDynamoDb();
  const name = await dynamodb.createTable(READINGS_TABLE);
  return inLog(new DynamoDbBlockStore(dynamodb.client, name), () => dynamodb.close());
}

function inLog(blocks: BlockStore, stop: () => Promise<void>): Subject {
  return {
    store: new LogReadingStore(blocks, Retention.FOREVER, new FixedClock()),
    write: async (readings) => putAll(blocks, readings.map(blockOf)),
    remove: async (reading) => putAll(blocks, [removalOf(reading)]),
    stop,
  };
}

async function putAll(blocks: BlockStore, all: readonly StoredBlock[]): Promise<void> {
  for (let first = 0; first < all.length; first += 25) {
    const outcomes = await blocks.putAll(all.slice(first, first + 25));
    expect(new Set(outcomes)).toEqual(new Set(['stored']));
  }
}

function blockOf({ equipmentId, timestamp, registerTime, values, tags }: StoredReading) {
  const block = new BlockBuilder(equipmentId, hourOf(timestamp), {});
  block.add({ offsetNs: offsetOf(timestamp), values, tags });
  return block.seal({ epochMicros: instantToEpochMs(registerTime) * 1000, source: 'p1' });
}

function removalOf({ equipmentId, timestamp, registerTime }: StoredReading): StoredBlock {
  const at = offsetOf(timestamp);
  const removal = { hour: hourOf(timestamp), firstNs: at, lastNs: at };
  const epochMicros = instantToEpochMs(registerTime) * 1000 + 1;
  return sealRemoval(equipmentId, removal, {}, { epochMicros, source: 'p1' });
}

function everyTenMinutes(n: number): string {
  return new Date(Date.UTC(2023, 0, 1) + n * 600_000).toISOString();
}

/** One reading a second, whose value is its second. */
function manyReadings(equipmentId: string, count: number) {
  return Array.from({ length: count }, (_, second) =>
    aStoredReading({ equipmentId, timestamp: second2023(second), value: second }),
  );
}

function second2023(second: number): string {
  return `2023-01-01T00:00:${String(second).padStart(2, '0')}Z`;
}
