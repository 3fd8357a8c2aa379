import { DomainError } from '@sensorflow/kernel';
import type { StoredReading } from '@sensorflow/sensor-data';
import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { superLinearGrowth } from '../../../test/support/growth.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../test/support/in-memory-fleet-store.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { anInstant, aStoredReading } from '../../../test/support/readings.js';
import { SumRecomputer } from './fleet/sum-recomputer.js';
import type { CellState, EquipmentHour, EquipmentHourCell } from './hours/aggregate-store.js';
import { HourRecomputer } from './hours/hour-recomputer.js';
import { FIRST_HOUR, hourOf, hourPlus, slotOf } from './hours/hour.js';
import { OpenHours } from './hours/open-hours.js';
import { StreamBatchAggregator, type StreamChange } from './stream-batch-aggregator.js';

const NEVER = Number.POSITIVE_INFINITY;
const REFRESH_MS = 300_000;
const HOUR_SIX = hourOf(anInstant('2023-02-15T06:00:00Z'));

/** Fails for some equipment, and notes how many recomputations are under way. */
class UnreliableAggregateStore extends InMemoryAggregateStore {
  readonly failing = new Set<string>();
  writes = 0;
  underWay = 0;
  mostUnderWay = 0;

  override async readState(of: EquipmentHour): Promise<CellState> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    if (!this.failing.has(of.equipmentId)) return super.readState(of);
    this.underWay -= 1;
    throw new DomainError('unavailable', 'store-unavailable', 'no answer');
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<'replaced' | 'conflict'> {
    const outcome = await super.replaceCell(cell);
    this.underWay -= 1;
    this.writes += 1;
    return outcome;
  }
}

describe('aggregating a batch of the stream', () => {
  let readings: InMemoryReadingStore;
  let aggregates: UnreliableAggregateStore;
  let fleet: InMemoryFleetStore;
  let closing: InMemoryClosingProgress;
  let clock: FixedClock;
  let aggregator: StreamBatchAggregator;

  beforeEach(() => {
    readings = new InMemoryReadingStore();
    aggregates = new UnreliableAggregateStore();
    closing = new InMemoryClosingProgress();
    clock = new FixedClock();
    aggregator = anAggregator(aggregates);
  });

  async function changed(
    sequenceNumber: string,
    equipmentId: string,
    timestamp = '2023-02-15T06:30:00Z',
  ): Promise<StreamChange> {
    const reading = aStoredReading({ equipmentId, timestamp });
    await readings.putAll([reading]);
    return changeOf(sequenceNumber, reading);
  }

  function changeOf(
    sequenceNumber: string,
    { equipmentId, timestamp }: Pick<StoredReading, 'equipmentId' | 'timestamp'>,
  ): StreamChange {
    const cell = { equipmentId, hour: hourOf(timestamp) };
    return {
      sequenceNumber,
      dirty: { level: 'equipment-hour', cell, slots: [slotOf(timestamp)] },
    };
  }

  function anAggregator(store: InMemoryAggregateStore): StreamBatchAggregator {
    fleet = new InMemoryFleetStore(store);
    return new StreamBatchAggregator(
      {
        hours: new HourRecomputer({ readings, aggregates: store, closing }, clock),
        sums: new SumRecomputer(fleet, clock),
        closing,
      },
      new OpenHours(clock, REFRESH_MS),
      clock,
    );
  }

  it('recomputes each equipment-hour once, however many records name it', async () => {
    const changes = [
      await changed('1', 'EQ-1', '2023-02-15T06:00:00Z'),
      await changed('2', 'EQ-1', '2023-02-15T06:59:59Z'),
      await changed('3', 'EQ-2', '2023-02-15T06:00:00Z'),
      await changed('4', 'EQ-1', '2023-02-15T07:00:00Z'),
      await changed('5', 'EQ-1', '2023-02-15T06:30:00Z'),
    ];

    const outcome = await aggregator.aggregate(changes, NEVER);

    expect(outcome).toEqual({
      dirtyCells: 3,
      failures: [],
      firstFailed: undefined,
      tooLarge: [],
      sealed: [],
      postponed: 0,
    });
    expect(aggregates.writes).toBe(3);
    expect(aggregates.cells().map(({ metrics }) => metrics.get('value')?.count)).toEqual([3, 1, 1]);
  });

  it('recomputes at most eight at once', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `EQ-${i}`);
    const changes = await Promise.all(ids.map((id) => changed(id, id)));

    await aggregator.aggregate(changes, NEVER);

    expect(aggregates.mostUnderWay).toBe(8);
    expect(aggregates.cells()).toHaveLength(50);
  });

  it('names the earliest failed record, and recomputes the rest nevertheless', async () => {
    aggregates.failing.add('EQ-2').add('EQ-4');
    const changes = [
      await changed('101', 'EQ-1'),
      await changed('102', 'EQ-4', '2023-02-15T06:30:00Z'),
      await changed('103', 'EQ-2'),
      await changed('104', 'EQ-3'),
      await changed('105', 'EQ-4', '2023-02-15T06:31:00Z'),
    ];

    const outcome = await aggregator.aggregate(changes, clock.nowEpochMs() + 10_000);

    expect(outcome.firstFailed).toBe('102');
    expect(outcome.failures.map(({ position }) => position)).toEqual([1, 2]);
    expect(aggregates.cells().map(({ equipmentId }) => equipmentId)).toEqual(['EQ-1', 'EQ-3']);
  });

  it('does not fail for an hour with more metrics than a cell holds, but names it', async () => {
    const holdingTwo = new InMemoryAggregateStore(2);
    aggregator = anAggregator(holdingTwo);
    const large = aStoredReading({ equipmentId: 'EQ-2', values: { a: 1, b: 1, c: 1 } });
    await readings.putAll([large]);
    const changes = [changeOf('1', large), await changed('2', 'EQ-1', large.timestamp)];

    const outcome = await aggregator.aggregate(changes, NEVER);

    expect(outcome).toEqual({
      dirtyCells: 2,
      failures: [],
      firstFailed: undefined,
      tooLarge: [{ equipmentId: 'EQ-2', hour: '2023-02-15T06' }],
      sealed: [],
      postponed: 0,
    });
    expect(holdingTwo.cells().map(({ metrics }) => metrics.size)).toEqual([1, 0]);
  });

  it('fails for a record that names nothing', async () => {
    const changes = [await changed('1', 'EQ-1'), { sequenceNumber: '2', dirty: undefined }];

    const outcome = await aggregator.aggregate(changes, NEVER);

    expect(outcome.firstFailed).toBe('2');
    expect(outcome.failures).toMatchObject([{ error: { code: 'stream-record-malformed' } }]);
    expect(aggregates.cells()).toHaveLength(1);
  });

  it('fails for an hour whose end cannot be written instead of finding it empty', async () => {
    const timestamp = anInstant('9999-12-31T23:30:00Z');
    const changes = [changeOf('7', { equipmentId: 'EQ-1', timestamp })];

    const outcome = await aggregator.aggregate(changes, NEVER);

    expect(outcome.firstFailed).toBe('7');
    expect(aggregates.cells()).toEqual([]);
  });

  it('reports what there is no time left for', async () => {
    const changes = [await changed('1', 'EQ-1'), await changed('2', 'EQ-2')];

    const outcome = await aggregator.aggregate(changes, clock.nowEpochMs() - 1);

    expect(outcome.firstFailed).toBe('1');
    expect(outcome.failures).toHaveLength(2);
    expect(aggregates.writes).toBe(0);
  });

  it('changes nothing but versions when a batch of a closed hour is delivered again', async () => {
    await closing.advance('frontier', hourPlus(HOUR_SIX, 1));
    const changes = [
      await changed('1', 'EQ-1'),
      await changed('2', 'EQ-1', '2023-02-15T06:31:00Z'),
    ];
    await aggregator.aggregate(changes, NEVER);
    const before = aggregates.cells();

    await aggregator.aggregate(changes, NEVER);

    const after = aggregates.cells();
    expect(after.map(({ version }) => version)).toEqual([2]);
    expect(after.map(({ metrics }) => metrics)).toEqual(before.map(({ metrics }) => metrics));
  });

  describe('of an open hour', () => {
    const value = () =>
      aggregates.cell({ equipmentId: 'EQ-1', hour: HOUR_SIX })?.metrics.get('value');

    it('leaves a cell alone that it recomputed a moment ago, and refreshes it later', async () => {
      await aggregator.aggregate([await changed('1', 'EQ-1')], NEVER);
      const change = await changed('2', 'EQ-1', '2023-02-15T06:31:00Z');

      const outcome = await aggregator.aggregate([change], NEVER);
      const before = value()?.count;
      const early = await aggregator.refresh(NEVER);
      clock.advance(REFRESH_MS);
      const late = await aggregator.refresh(NEVER);

      expect(outcome).toMatchObject({ dirtyCells: 1, postponed: 1, failures: [] });
      expect([early.refreshed, late.refreshed]).toEqual([0, 1]);
      expect([before, value()?.count]).toEqual([1, 2]);
    });

    it('recomputes it at once when its closing has begun meanwhile', async () => {
      await aggregator.aggregate([await changed('1', 'EQ-1')], NEVER);
      await closing.advance('frontier', hourPlus(HOUR_SIX, 1));

      const change = await changed('2', 'EQ-1', '2023-02-15T06:31:00Z');
      const outcome = await aggregator.aggregate([change], NEVER);

      expect(outcome).toMatchObject({ postponed: 0, failures: [] });
      expect(value()?.count).toBe(2);
    });

    it.each([
      ['the answer never came', 'lost'],
      ['the client asked again', 'conflict'],
    ])(
      'closes the cell that it made, though %s and the closing has passed meanwhile',
      async (_how, answer) => {
        const replaceCell = aggregates.replaceCell.bind(aggregates);
        aggregates.replaceCell = async (cell) => {
          await replaceCell(cell);
          await closing.advance('frontier', hourPlus(HOUR_SIX, 1));
          aggregates.replaceCell = replaceCell;
          if (answer === 'conflict') return answer;
          throw new DomainError('unavailable', 'store-unavailable', 'no answer');
        };

        const outcome = await aggregator.aggregate([await changed('1', 'EQ-1')], NEVER);

        expect(outcome.failures).toEqual([]);
        const cell = aggregates.cell({ equipmentId: 'EQ-1', hour: HOUR_SIX });
        expect(cell).toMatchObject({ isClosed: true });
      },
    );

    it('says which refreshes failed, and does them again', async () => {
      await aggregator.aggregate([await changed('1', 'EQ-1')], NEVER);
      await aggregator.aggregate([await changed('2', 'EQ-1', '2023-02-15T06:31:00Z')], NEVER);
      clock.advance(REFRESH_MS);
      const replaceCell = aggregates.replaceCell.bind(aggregates);
      aggregates.replaceCell = async () => Promise.reject(new Error('no answer'));

      const failed = await aggregator.refresh(NEVER);
      aggregates.replaceCell = replaceCell;
      const done = await aggregator.refresh(NEVER);

      expect(failed).toMatchObject({
        refreshed: 0,
        failures: [{ cell: { equipmentId: 'EQ-1' }, error: { message: 'no answer' } }],
      });
      expect(done).toMatchObject({ refreshed: 1, failures: [] });
      expect(value()?.count).toBe(2);
    });

    it('fails for all records when the frontier cannot be read, because it is unknown what can wait', async () => {
      closing.read = async () => Promise.reject(new Error('no answer'));

      const changes = [await changed('1', 'EQ-1'), await changed('2', 'EQ-2')];
      const outcome = await aggregator.aggregate(changes, NEVER);

      expect(outcome).toMatchObject({ firstFailed: '1', failures: { length: 2 } });
    });
  });

  it('recomputes each shard-hour once, for every metric that its records name', async () => {
    await aggregator.aggregate([await changed('1', 'EQ-1'), await changed('2', 'EQ-2')], NEVER);
    const [hour, shardHour] = [HOUR_SIX, { shard: 0, hour: HOUR_SIX }];
    const dirty = (metrics: string[]) =>
      ({ level: 'shard-hour', cell: shardHour, metrics, asOf: 0 }) as const;

    const outcome = await aggregator.aggregate(
      [
        { sequenceNumber: '3', dirty: dirty(['value']) },
        { sequenceNumber: '4', dirty: 'nothing' },
        { sequenceNumber: '5', dirty: dirty(['value', 'gone']) },
        { sequenceNumber: '6', dirty: { level: 'fleet-hour', cell: { metric: 'value', hour } } },
      ],
      NEVER,
    );

    expect(outcome).toMatchObject({ dirtyCells: 2, failures: [] });
    expect(fleet.sum({ metric: 'value', ...shardHour })).toMatchObject({
      version: 1,
      aggregate: { count: 2 },
    });
    expect(fleet.sum({ metric: 'gone', ...shardHour })).toMatchObject({
      version: 1,
      aggregate: undefined,
    });
    expect(fleet.sum({ metric: 'value', hour })?.version).toBe(1);
  });

  it('moves a mark of closing once all before it is handled', async () => {
    const advance = { mark: 'fleet-sums', to: hourPlus(HOUR_SIX, 1) } as const;
    const beat = { sequenceNumber: '2', dirty: 'nothing', advance } as const;
    const broken = { sequenceNumber: '3', dirty: undefined };

    const before = await aggregator.aggregate([{ ...broken, sequenceNumber: '1' }, beat], NEVER);
    const unmoved = await closing.read('fleet-sums');
    const behind = await aggregator.aggregate([await changed('1', 'EQ-1'), beat, broken], NEVER);

    expect([before.firstFailed, behind.firstFailed]).toEqual(['1', '3']);
    expect(unmoved).toBe(FIRST_HOUR);
    expect(await closing.read('fleet-sums')).toBe(advance.to);
  });

  it('takes on a shard-hour of many metrics in time that is linear in its records', async () => {
    const shardHour = { shard: 0, hour: HOUR_SIX };
    const namesOf = (record: number) => Array.from({ length: 64 }, (_, i) => `m${record}-${i}`);
    const aggregate = (records: number) =>
      aggregator.aggregate(
        Array.from({ length: records }, (_, record) => ({
          sequenceNumber: String(record),
          dirty: { level: 'shard-hour', cell: shardHour, metrics: namesOf(record), asOf: 0 },
        })),
        NEVER,
      );

    expect(await superLinearGrowth(aggregate, 700)).toBeUndefined();
  });

  it('of no records does nothing', async () => {
    expect(await aggregator.aggregate([], NEVER)).toMatchObject({ dirtyCells: 0, failures: [] });
  });
});
