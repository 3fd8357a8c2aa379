import { WorkBudget } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { beforeEach, describe, expect, it } from 'vitest';
import { anHour } from '../../../test/support/aggregation-world.js';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { anInstant, aStoredReading } from '../../../test/support/readings.js';
import { EquipmentHours } from './equipment-hours.js';
import { AGGREGATE_TOO_LARGE } from './hours/aggregate-store.js';
import { hourPlus, startOfHour, type Hour, type HourRange } from './hours/hour.js';
import { foldReadings } from './hours/hourly-aggregate.js';

const FIRST = anHour('2023-02-14T20');
const DAY: HourRange = { from: FIRST, to: hourPlus(FIRST, 24) };

/** Notes its queries, in hours from FIRST. */
class NotedReadingStore extends InMemoryReadingStore {
  readonly queries: string[] = [];

  override async *scanRange(...query: Parameters<InMemoryReadingStore['scanRange']>) {
    const [, from, to] = query;
    this.queries.push(`${hoursIn(from)} to ${hoursIn(to)}`);
    yield* super.scanRange(...query);
  }
}

function hoursIn(instant: string): number {
  return (Date.parse(instant) - Date.parse(startOfHour(FIRST))) / 3_600_000;
}

describe('one equipment’s hours', () => {
  let store: InMemoryAggregateStore;
  let readings: NotedReadingStore;
  let clock: FixedClock;
  let hours: EquipmentHours;

  beforeEach(() => {
    store = new InMemoryAggregateStore();
    readings = new NotedReadingStore();
    clock = new FixedClock('2023-02-16T00:00:00Z');
    hours = reader();
  });

  function reader(retention = Retention.FOREVER): EquipmentHours {
    return new EquipmentHours({ aggregates: store, readings }, retention, clock);
  }

  const at = (offset: number): Hour => hourPlus(FIRST, offset);

  async function send(offset: number, ...values: readonly number[]): Promise<void> {
    await readings.putAll(values.map((value, i) => readingAt(at(offset), i, value)));
  }

  /** A cell that has these values, whatever was sent. */
  function put(offset: number, isClosed: boolean, ...values: readonly number[]): void {
    const metrics = foldReadings(values.map((value, i) => readingAt(at(offset), i, value)));
    store.put({ equipmentId: 'EQ-1', hour: at(offset), version: 1, metrics, isClosed });
  }

  const read = async (range = DAY, budget?: WorkBudget) =>
    (await hours.read({ equipmentId: 'EQ-1', metric: 'value', range }, budget)).map(
      ({ hour, aggregate, failure }) =>
        `${hoursIn(startOfHour(hour))}: ${aggregate?.total.toString() ?? failure ?? 'nothing'}`,
    );

  it('trust a closed cell, and nothing else', async () => {
    put(0, true, 1);
    put(1, false, 2);
    await send(0, 10);
    await send(1, 20);
    await send(2, 30);

    expect(await read()).toEqual(['0: 1', '1: 20', '2: 30']);
  });

  it('have what is in the log before its first cell, and not what was removed before the next', async () => {
    await send(3, 1, 2);
    const before = await read();
    readings.remove('EQ-1', anInstant(`${at(3)}:00:00.1Z`));

    expect([before, await read()]).toEqual([['3: 3'], ['3: 2']]);
  });

  it('are what the recomputation makes of the same readings, digit for digit', async () => {
    const sent = [0.1, 1e15, 1e-15, -0.3].map((value, i) => readingAt(at(0), i * 7, value));
    await readings.putAll(sent);

    const [hour] = await hours.read({ equipmentId: 'EQ-1', metric: 'value', range: DAY });

    expect(hour?.aggregate).toEqual(foldReadings(sent).get('value'));
  });

  it('are folded in one query for a run, also across closed hours that hold little', async () => {
    put(0, true, 1);
    put(5, true, 1, 2, 3);
    put(23, true, 1);

    await read();

    expect(readings.queries).toEqual(['1 to 23']);
  });

  it('are folded apart where the hours between them hold much', async () => {
    put(5, true, ...Array.from({ length: 300 }, (_, i) => i));

    await read({ from: FIRST, to: at(8) });

    expect(readings.queries).toEqual(['0 to 5', '6 to 8']);
  });

  it('take nothing from the log when all are closed', async () => {
    for (let offset = 0; offset < 24; offset += 1) put(offset, true, offset);

    expect(await read()).toHaveLength(24);
    expect(readings.queries).toEqual([]);
  });

  it('that are large are not read again and again while they are open', async () => {
    await send(0, 1);
    await send(2, 1);
    await readings.putAll(Array.from({ length: 3600 }, (_, i) => readingAt(at(1), i / 60, 1)));

    const first = await read({ from: FIRST, to: at(3) });
    readings.queries.length = 0;
    const second = await read({ from: FIRST, to: at(3) });

    expect(first).toEqual(['0: 1', '1: 3600', '2: 1']);
    expect(second).toEqual(first);
    expect(readings.queries.toSorted()).toEqual(['0 to 1', '1 to 2', '2 to 3']);
  });

  it('that are too large to show say so once they are closed', async () => {
    const failed = { equipmentId: 'EQ-1', version: 1, metrics: new Map() } as const;
    store.put({ ...failed, hour: at(0), failure: AGGREGATE_TOO_LARGE, isClosed: true });
    store.put({ ...failed, hour: at(1), failure: AGGREGATE_TOO_LARGE });
    await send(1, 7);

    expect(await read()).toEqual(['0: aggregate-too-large', '1: 7']);
  });

  it('whose readings expire are as their cells say', async () => {
    hours = reader(Retention.ofDays(4));
    clock.advance(Date.parse('2023-02-18T10:00:00Z') - clock.nowEpochMs());
    put(0, false, 5);
    put(23, false, 5);

    expect(await read()).toEqual(['0: 5']);
  });

  it('that cost more than can be answered are refused', async () => {
    readings.scanRange = async function* (_id, _from, _to, budget) {
      for (;;) {
        await budget?.call(async () => Promise.resolve());
        yield [];
      }
    };
    const budget = aBudget();

    await expect(read(DAY, budget)).rejects.toMatchObject({ code: 'range-too-costly' });
    expect(budget.cost.storeCalls).toBe(1000);
  });

  it('of one equipment may cost that much, whatever others have cost the same request', async () => {
    const budget = aBudget();
    for (let call = 0; call < 1000; call += 1) await budget.call(async () => Promise.resolve());
    await send(0, 1);

    expect(await read(DAY, budget)).toEqual(['0: 1']);
    expect(budget.cost.storeCalls).toBeGreaterThan(1000);
  });

  function aBudget(): WorkBudget {
    return new WorkBudget(new AbortController().signal, clock);
  }
});

function readingAt(hour: Hour, minute: number, value: number) {
  const [minutes, seconds] = [Math.floor(minute), Math.round((minute % 1) * 60)];
  const pad = (number: number) => String(number).padStart(2, '0');
  return aStoredReading({
    equipmentId: 'EQ-1',
    timestamp: `${hour}:${pad(minutes % 60)}:${pad(seconds)}.${String(100 + Math.floor(minutes / 60)).padStart(3, '0')}Z`,
    value,
  });
}
