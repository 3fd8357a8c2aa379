import { DomainError, type Clock } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../test/support/in-memory-fleet-store.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { anInstant } from '../../../test/support/readings.js';
import { VirtualTime } from '../../../test/support/virtual-time.js';
import { SumRecomputer } from './fleet/sum-recomputer.js';
import type { SumCell } from './fleet/fleet-store.js';
import type { EquipmentHourCell } from './hours/aggregate-store.js';
import { HourRecomputer } from './hours/hour-recomputer.js';
import { hourOf } from './hours/hour.js';
import { OpenHours } from './hours/open-hours.js';
import {
  StreamBatchAggregator,
  type BatchOutcome,
  type StreamChange,
} from './stream-batch-aggregator.js';

const CELLS = 500;
const HOUR = hourOf(anInstant('2023-02-15T06:00:00Z'));
const WRITES_PER_SECOND = 5;
const WRITE_MS = 10;
/** The function's 60 s without its reserve. */
const DELIVERY_MS = 50_000;
/** As Lambda redelivers a batch before it gives it up. */
const DELIVERIES = 50;
const REFRESH_MS = 300_000;

/** As a table with so much capacity: what comes beyond it is refused, and none of it is written. */
class Capacity {
  asked = 0;
  written = 0;
  private second = 0;
  private left = 0;
  isUnlimited = false;

  constructor(private readonly clock: Clock) {}

  async take(): Promise<void> {
    await this.clock.sleep(WRITE_MS);
    this.asked += 1;
    const now = Math.floor(this.clock.nowEpochMs() / 1000);
    if (now !== this.second) [this.left, this.second] = [WRITES_PER_SECOND, now];
    this.left -= 1;
    if (this.left < 0 && !this.isUnlimited) throw refused();
    this.written += 1;
  }
}

function refused(): DomainError {
  return new DomainError('unavailable', 'store-unavailable', 'throughput exceeded');
}

class ThrottlingStore extends InMemoryAggregateStore {
  /** A cell for which there is never room. */
  hot = '';

  constructor(private readonly capacity: Capacity) {
    super();
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<'replaced' | 'conflict'> {
    if (cell.equipmentId === this.hot) throw refused();
    await this.capacity.take();
    return super.replaceCell(cell);
  }
}

class ThrottlingFleetStore extends InMemoryFleetStore {
  constructor(
    store: InMemoryAggregateStore,
    private readonly capacity: Capacity,
  ) {
    super(store);
  }

  override async replaceSum(sum: SumCell): Promise<'replaced' | 'conflict'> {
    await this.capacity.take();
    return super.replaceSum(sum);
  }
}

class Bench {
  readonly time = new VirtualTime();
  readonly capacity = new Capacity(this.time);
  readonly store = new ThrottlingStore(this.capacity);
  readonly fleet = new ThrottlingFleetStore(this.store, this.capacity);
  readonly aggregator: StreamBatchAggregator;
  /** Of what was left before each delivery and in the end. */
  readonly left: number[] = [];

  constructor() {
    const { time, store, fleet } = this;
    const closing = new InMemoryClosingProgress();
    const hours = new HourRecomputer(
      { readings: new InMemoryReadingStore(), aggregates: store, closing },
      time,
      { random: () => 0.5 },
    );
    const sums = new SumRecomputer(fleet, time, () => 0.5);
    const open = new OpenHours(time, REFRESH_MS);
    this.aggregator = new StreamBatchAggregator({ hours, sums, closing }, open, time, () => 0.5);
  }

  get deadline(): number {
    return this.time.nowEpochMs() + DELIVERY_MS;
  }

  async aggregate(changes: readonly StreamChange[]): Promise<BatchOutcome> {
    return this.whileTimePasses(() => this.aggregator.aggregate(changes, this.deadline));
  }

  async deliver(changes: readonly StreamChange[]): Promise<void> {
    await this.whileTimePasses(async () => {
      let left = changes;
      for (let delivery = 0; delivery < DELIVERIES && left.length > 0; delivery += 1) {
        this.left.push(left.length);
        const { firstFailed } = await this.aggregator.aggregate(left, this.deadline);
        const done = left.findIndex(({ sequenceNumber }) => sequenceNumber === firstFailed);
        left = done < 0 ? [] : left.slice(done);
      }
      this.left.push(left.length);
    });
  }

  async whileTimePasses<T>(work: () => Promise<T>): Promise<T> {
    const done = this.time.sleep(0).then(work);
    await this.time.runToTheEnd();
    return done;
  }
}

describe('aggregates in a table that throttles', () => {
  it.each([
    ['equipment-hours', hourChange],
    ['shard sums', shardChange],
    ['fleet sums', fleetChange],
  ])(
    'are done, %s in the order of their records, so that each delivery gets on',
    async (_level, changeOf) => {
      const bench = new Bench();

      await bench.deliver(Array.from({ length: CELLS }, (_none, index) => changeOf(index)));

      const { left, capacity } = bench;
      const steps = left.slice(1).map((now, delivery) => (left[delivery] ?? 0) - now);
      expect(left.at(-1)).toBe(0);
      // All that 50 s have room for, except a few behind the first that is not done.
      expect(Math.min(...steps.slice(0, -1))).toBeGreaterThan(
        (DELIVERY_MS / 1000) * WRITES_PER_SECOND - 20,
      );
      expect(capacity.written).toBeLessThan(CELLS * 1.1);
      expect(capacity.asked).toBeLessThan(CELLS * 3);
    },
  );

  it('are done, the many sums of a shard-hour one after another', async () => {
    const bench = new Bench();
    const metrics = Array.from({ length: 200 }, (_none, index) => `m-${index}`);
    const dirty = {
      level: 'shard-hour',
      cell: { shard: 0, hour: HOUR },
      metrics,
      asOf: 0,
    } as const;

    const outcome = await bench.aggregate([{ sequenceNumber: '1', dirty }]);

    expect(outcome.failures).toEqual([]);
    expect(bench.capacity.written).toBe(200);
    expect(bench.capacity.asked).toBeLessThan(200 * 6);
  });

  it('are done, open hours by their refreshes', async () => {
    const bench = new Bench();
    const changes = Array.from({ length: 200 }, (_none, index) => hourChange(index));

    const outcome = await bench.whileTimePasses(async () => {
      bench.capacity.isUnlimited = true;
      await bench.aggregator.aggregate(changes, bench.deadline);
      await bench.aggregator.aggregate(changes, bench.deadline);
      bench.capacity.isUnlimited = false;
      await bench.time.sleep(REFRESH_MS);
      return bench.aggregator.refresh(bench.deadline);
    });

    expect(outcome).toMatchObject({ refreshed: 200, failures: [] });
    expect(bench.capacity.written).toBe(400);
  });

  it('do not wait for a cell for which there is never room', async () => {
    const bench = new Bench();
    bench.store.hot = 'EQ-0';

    const outcome = await bench.aggregate(
      Array.from({ length: 100 }, (_none, index) => hourChange(index)),
    );

    expect(outcome.failures).toMatchObject([{ position: 0, error: { code: 'store-unavailable' } }]);
    expect(bench.capacity.written).toBe(99);
  });

  it('fail at once for any other reason', async () => {
    const bench = new Bench();
    bench.store.replaceCell = async () => Promise.reject(new Error('a defect'));
    const startedAt = bench.time.nowEpochMs();

    const outcome = await bench.aggregate([hourChange(0), hourChange(1)]);

    expect(outcome).toMatchObject({ firstFailed: '0', failures: { length: 2 } });
    expect(bench.time.nowEpochMs()).toBe(startedAt);
  });

  it('are asked for eight at a time again once there is room', async () => {
    const bench = new Bench();
    const startedAt = bench.time.nowEpochMs();
    bench.time.after(20_000, () => (bench.capacity.isUnlimited = true));

    const outcome = await bench.aggregate(
      Array.from({ length: 4000 }, (_none, index) => hourChange(index)),
    );

    expect(outcome.failures).toEqual([]);
    // 4,000 writes of 10 ms, eight at a time, are 5 s.
    expect(bench.time.nowEpochMs() - startedAt).toBeLessThan(28_000);
  });
});

function hourChange(index: number): StreamChange {
  const cell = { equipmentId: `EQ-${index}`, hour: HOUR };
  return { sequenceNumber: String(index), dirty: { level: 'equipment-hour', cell, slots: [6] } };
}

function shardChange(index: number): StreamChange {
  const cell = { shard: index, hour: HOUR };
  const dirty = { level: 'shard-hour', cell, metrics: ['value'], asOf: 0 } as const;
  return { sequenceNumber: String(index), dirty };
}

function fleetChange(index: number): StreamChange {
  const cell = { metric: `m-${index}`, hour: HOUR };
  return { sequenceNumber: String(index), dirty: { level: 'fleet-hour', cell } };
}
