import { READINGS_STREAM_SOURCE } from '@sensorflow/platform/resources/event-sources.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../../test/support/in-memory-fleet-store.js';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import type { DirtyCell } from '../dirty-cell.js';
import type { SumCell } from '../fleet/fleet-store.js';
import { SumRecomputer } from '../fleet/sum-recomputer.js';
import type { EquipmentHourCell, ReplaceOutcome } from '../hours/aggregate-store.js';
import { HourRecomputer } from '../hours/hour-recomputer.js';
import { hourOf, slotOf } from '../hours/hour.js';
import { OpenHours } from '../hours/open-hours.js';
import { StreamBatchAggregator } from '../stream-batch-aggregator.js';
import { equipmentHourItemKey, sumItemKey, type CellKey } from './aggregate-keys.js';
import { shardOf } from './aggregate-keys.js';

/** The fleet of decision record 0008, and the shards that docs/configuration.md recommends for it. */
const EQUIPMENT = 10_000;
const READINGS_PER_SECOND = 5000;
const SHARDS = 16;
const SECONDS = 4;
/** Windows of a second, as in event-sources.ts; a stream has about a shard for 1,000 writes/s. */
const STREAM_SHARDS = 8;
const { batchSize: BATCH_SIZE } = READINGS_STREAM_SOURCE;
const NEVER = Number.POSITIVE_INFINITY;
const START_MS = Date.parse('2023-02-15T06:00:00Z');

/** Writes of one second, counted at the store by the keys under which they lie there. */
class WriteCounts {
  private readonly items = new Map<string, number>();
  private readonly partitions = new Map<string, number>();
  mostOfAnItem = 0;
  mostOfAPartition = 0;

  count({ partition, cell }: CellKey): void {
    this.mostOfAnItem = Math.max(this.mostOfAnItem, raised(this.items, `${partition.S} ${cell.S}`));
    this.mostOfAPartition = Math.max(this.mostOfAPartition, raised(this.partitions, partition.S));
  }

  nextSecond(): void {
    this.items.clear();
    this.partitions.clear();
  }
}

function raised(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

const ofShard = (equipmentId: string) => shardOf(equipmentId, SHARDS);

class CountedAggregateStore extends InMemoryAggregateStore {
  readonly dirty: DirtyCell[] = [];

  constructor(private readonly counts: WriteCounts) {
    super();
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<ReplaceOutcome> {
    const shard = ofShard(cell.equipmentId);
    this.counts.count(equipmentHourItemKey(cell, shard));
    const shardHour = { shard, hour: cell.hour };
    const metrics = [...cell.metrics.keys()];
    this.dirty.push({ level: 'shard-hour', cell: shardHour, metrics, asOf: 0 });
    return super.replaceCell(cell);
  }
}

class CountedFleetStore extends InMemoryFleetStore {
  readonly dirty: DirtyCell[] = [];

  constructor(
    aggregates: InMemoryAggregateStore,
    private readonly counts: WriteCounts,
  ) {
    super(aggregates, ofShard);
  }

  override async replaceSum(cell: SumCell): Promise<ReplaceOutcome> {
    this.counts.count(sumItemKey(cell));
    const { metric, hour, shard } = cell;
    if (shard !== undefined) this.dirty.push({ level: 'fleet-hour', cell: { metric, hour } });
    return super.replaceSum(cell);
  }
}

/** Batches of a window's records, each stream shard with its own. */
function batchesOf(dirty: readonly DirtyCell[], shardOfCell: (cell: DirtyCell) => number) {
  const byShard = [...Map.groupBy(dirty, (cell) => shardOfCell(cell) % STREAM_SHARDS).values()];
  return byShard.flatMap((cells) =>
    Array.from({ length: Math.ceil(cells.length / BATCH_SIZE) }, (_, batch) =>
      cells.slice(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE),
    ),
  );
}

describe('5,000 readings/s over 10,000 equipment in 16 shards', () => {
  const counts = new WriteCounts();
  const readings = new InMemoryReadingStore();
  const aggregates = new CountedAggregateStore(counts);
  const fleet = new CountedFleetStore(aggregates, counts);
  const clock = new FixedClock();
  const closing = new InMemoryClosingProgress();
  const aggregator = new StreamBatchAggregator(
    {
      hours: new HourRecomputer({ readings, aggregates, closing }, clock),
      sums: new SumRecomputer(fleet, clock),
      closing,
    },
    // No change waits: the most that is ever written.
    new OpenHours(clock, 0),
    clock,
  );

  async function workOff(batches: readonly (readonly DirtyCell[])[]): Promise<void> {
    for (const batch of batches) {
      const changes = batch.map((dirty, i) => ({ sequenceNumber: String(i), dirty }));
      expect((await aggregator.aggregate(changes, NEVER)).failures).toEqual([]);
    }
  }

  async function write(second: number): Promise<readonly DirtyCell[]> {
    const sent = Array.from({ length: READINGS_PER_SECOND }, (_, i) =>
      aStoredReading({
        equipmentId: `EQ-${(second * READINGS_PER_SECOND + i) % EQUIPMENT}`,
        timestamp: new Date(START_MS + second * 1000).toISOString(),
      }),
    );
    for (let i = 0; i < sent.length; i += 25) await readings.putAll(sent.slice(i, i + 25));
    return sent.map(({ equipmentId, timestamp }) => ({
      level: 'equipment-hour',
      cell: { equipmentId, hour: hourOf(timestamp) },
      slots: [slotOf(timestamp)],
    }));
  }

  beforeAll(async () => {
    for (let second = 0; second < SECONDS; second += 1) {
      const sent = await write(second);
      await workOff(batchesOf(sent, equipmentShard));
      await workOff(batchesOf(aggregates.dirty.splice(0), cellShard));
      await workOff(batchesOf(fleet.dirty.splice(0), () => 0));
      counts.nextSecond();
    }
  });

  it('write no item more than 50 times a second', () => {
    expect(counts.mostOfAnItem).toBeGreaterThan(0);
    expect(counts.mostOfAnItem).toBeLessThanOrEqual(50);
  });

  it('write under no partition key more than 500 times a second', () => {
    expect(counts.mostOfAPartition).toBeGreaterThan(READINGS_PER_SECOND / SHARDS);
    expect(counts.mostOfAPartition).toBeLessThanOrEqual(500);
  });

  it('are in the fleet’s hour, every one', () => {
    const sum = fleet.sum({
      metric: 'value',
      hour: hourOf(aStoredReading({ timestamp: '2023-02-15T06:00:00Z' }).timestamp),
    });

    expect(sum?.aggregate?.count).toBe(READINGS_PER_SECOND * SECONDS);
  });
});

function equipmentShard(dirty: DirtyCell): number {
  return dirty.level === 'equipment-hour' ? shardOf(dirty.cell.equipmentId, STREAM_SHARDS) : 0;
}

function cellShard(dirty: DirtyCell): number {
  return dirty.level === 'shard-hour' ? dirty.cell.shard : 0;
}
