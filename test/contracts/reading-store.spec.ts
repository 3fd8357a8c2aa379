import type { ReadingStore } from '@sensorflow/sensor-data';
import { DynamoDbReadingStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-reading-store.js';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBudget } from '../support/budgets.js';
import { InMemoryReadingStore } from '../support/in-memory-reading-store.js';
import { anInstant, aStoredReading, pagesOf } from '../support/readings.js';
import { startTestDynamoDb } from '../support/test-dynamodb.js';

interface Subject {
  readonly store: ReadingStore;
  stop(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  ['the in-memory twin', inMemory],
  ['the DynamoDB adapter', inDynamoDb],
];

describe.each(subjects)('the store of readings: %s', (_, start) => {
  let subject: Subject;
  let store: ReadingStore;
  let equipmentCount = 0;
  /** Every test has equipment of its own, so that they can share a table. */
  const newEquipment = () => `EQ-${(equipmentCount += 1)}`;

  beforeAll(async () => {
    subject = await start();
    store = subject.store;
  });
  afterAll(() => subject.stop());

  it('names every equipment that has readings once, however many it has', async () => {
    const ids = Array.from({ length: 30 }, newEquipment).concat(`${newEquipment()}.a`, 'a', 'Z');
    for (const equipmentId of ids) {
      await store.putAll(
        [0, 1, 2].map((n) => aStoredReading({ equipmentId, timestamp: second2023(n) })),
      );
    }
    const [gone = ''] = ids.splice(3, 1);
    for (const second of [0, 1, 2]) {
      await store.removeExactly(
        aStoredReading({ equipmentId: gone, timestamp: second2023(second) }),
      );
    }

    const own = new Set([...ids, gone]);
    const named = (await pagesOf(store.scanEquipment())).flat().filter((id) => own.has(id));

    expect(new Set(named)).toEqual(new Set(ids));
    expect(named).toHaveLength(ids.length);
  });

  it('costs a budget its calls, and is not scanned for a client that has gone', async () => {
    const equipmentId = newEquipment();
    await store.putAll([aStoredReading({ equipmentId, timestamp: second2023(1) })]);
    const [from, to] = [anInstant(second2023(0)), anInstant(second2023(9))];
    const reader = new AbortController();
    const budget = aBudget(reader.signal);
    const scans: readonly (() => Promise<unknown>)[] = [
      async () => pagesOf(store.scanEquipment(budget)),
      async () => pagesOf(store.scanRange(equipmentId, from, to, 1, budget)),
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

    const outcomes = await store.putAll([reading]);

    expect(outcomes).toEqual(['stored']);
    expect(await store.latest(reading.equipmentId)).toEqual(reading);
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

    await store.putAll(
      all.map((text, second) =>
        aStoredReading({ equipmentId, timestamp: second2023(second), value: Number(text) }),
      ),
    );

    const { readings } = await store.range({ equipmentId, order: 'asc', limit: 100 });
    expect(readings.map(({ values }) => String(values.get('value')))).toEqual(all);
  });

  it('replaces the whole reading of the same equipment and instant', async () => {
    const equipmentId = newEquipment();
    await store.putAll([
      aStoredReading({ equipmentId, values: { a: 1, b: 2 }, tags: { lot: '7' } }),
    ]);
    const correction = aStoredReading({ equipmentId, value: 3 });

    await store.putAll([correction]);

    const { readings } = await store.range({ equipmentId, order: 'asc', limit: 100 });
    expect(readings).toEqual([correction]);
  });

  it('answers each of 25 readings of one call for itself', async () => {
    const equipmentId = newEquipment();
    const readings = manyReadings(equipmentId, 25);

    const outcomes = await store.putAll(readings);

    expect(outcomes).toEqual(readings.map(() => 'stored'));
    expect((await store.range({ equipmentId, order: 'asc', limit: 100 })).readings).toEqual(
      readings,
    );
  });

  it('includes the beginning of a range and excludes its end', async () => {
    const equipmentId = newEquipment();
    await store.putAll(manyReadings(equipmentId, 10));
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

  it('tells instants apart to the nanosecond at both ends of a range', async () => {
    const equipmentId = newEquipment();
    const texts = ['00.999999999Z', '01Z', '01.000000001Z', '02Z'].map(
      (s) => `2023-01-01T00:00:${s}`,
    );
    await store.putAll(texts.map((timestamp) => aStoredReading({ equipmentId, timestamp })));

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
    await store.putAll(all);
    const range = {
      equipmentId,
      from: anInstant(second2023(2)),
      to: anInstant(second2023(18)),
      order,
      limit: 4,
    };

    const pages = [await store.range(range)];
    for (let next = pages.at(-1)?.next; next !== undefined; next = pages.at(-1)?.next) {
      pages.push(await store.range({ ...range, after: next }));
    }

    const expected = all.slice(2, 18);
    if (order === 'desc') expected.reverse();
    expect(pages.flatMap(({ readings }) => readings)).toEqual(expected);
    expect(pages.map(({ readings }) => readings.length)).toEqual([4, 4, 4, 4]);
  });

  it('goes on behind a reading that is not there any more', async () => {
    const equipmentId = newEquipment();
    const all = manyReadings(equipmentId, 10);
    await store.putAll(all.filter((_reading, second) => second !== 4));

    const page = await store.range({
      equipmentId,
      order: 'asc',
      limit: 2,
      after: anInstant(second2023(4)),
    });

    expect(page.readings).toEqual(all.slice(5, 7));
  });

  it('knows the newest reading, whatever the order of arrival', async () => {
    const equipmentId = newEquipment();
    const [oldest, middle, newest] = manyReadings(equipmentId, 3);
    for (const reading of [middle, newest, oldest]) if (reading) await store.putAll([reading]);

    expect(await store.latest(equipmentId)).toEqual(newest);
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
    await store.putAll(all);
    const scanned = async (from: number, to: number) => {
      const pages = store.scanRange(
        equipmentId,
        anInstant(second2023(from)),
        anInstant(second2023(to)),
      );
      return (await pagesOf(pages)).flat();
    };

    expect(await scanned(5, 20)).toEqual(all.slice(5, 20));
    expect(await scanned(7, 7)).toEqual([]);
  });

  it('scans it in pages of at most so many', async () => {
    const equipmentId = newEquipment();
    const all = manyReadings(equipmentId, 25);
    await store.putAll(all);
    const [from, to] = [anInstant(second2023(0)), anInstant(second2023(59))];

    const pages = await pagesOf(store.scanRange(equipmentId, from, to, 10));

    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(all);
  });

  it('finds a reading by its identity, and none beside it', async () => {
    const equipmentId = newEquipment();
    const [first, second] = manyReadings(equipmentId, 2);
    await store.putAll([first].filter((reading) => reading !== undefined));

    expect(await store.find({ equipmentId, timestamp: anInstant(second2023(0)) })).toEqual(first);
    expect(second && (await store.find(second))).toBeUndefined();
  });

  it.each([
    ['with one metric', { value: 0.1 }],
    ['with many metrics and tags', { values: { a: 1e-100, b: -2.5 }, tags: { lot: '7' } }],
  ])('removes exactly the reading that it is shown: %s', async (_name, words) => {
    const reading = aStoredReading({ equipmentId: newEquipment(), ...words });
    await store.putAll([reading]);

    const outcomes = [await store.removeExactly(reading), await store.removeExactly(reading)];

    expect(outcomes).toEqual(['removed', 'changed']);
    expect(await store.find(reading)).toBeUndefined();
  });

  it.each([
    ['another value', { value: 2 }],
    ['another metric', { values: { other: 1 } }],
    ['a tag', { value: 1, tags: { lot: '7' } }],
    ['a later receipt', { value: 1, registerTime: '2023-09-01T00:00:00.001Z' }],
  ])('removes nothing when the reading there has %s', async (_difference, words) => {
    const equipmentId = newEquipment();
    const seen = aStoredReading({ equipmentId, value: 1 });
    const standing = aStoredReading({ equipmentId, ...words });
    await store.putAll([standing]);

    expect(await store.removeExactly(seen)).toBe('changed');
    expect(await store.find(seen)).toEqual(standing);
  });

  it('holds other equipment apart, also when one id begins with the other', async () => {
    const equipmentId = newEquipment();
    const reading = aStoredReading({ equipmentId });
    await store.putAll([reading, aStoredReading({ equipmentId: `${equipmentId}:pressure` })]);

    const { readings } = await store.range({ equipmentId, order: 'asc', limit: 10 });

    expect(readings).toEqual([reading]);
  });
});

function inMemory(): Promise<Subject> {
  return Promise.resolve({ store: new InMemoryReadingStore(), stop: () => Promise.resolve() });
}

async function inDynamoDb(): Promise<Subject> {
  const dynamodb = await startTestDynamoDb();
  const name = await dynamodb.createTable(READINGS_TABLE);
  return {
    store: new DynamoDbReadingStore(dynamodb.client, name),
    stop: () => dynamodb.close(),
  };
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
