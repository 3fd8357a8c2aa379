import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../../test/support/in-memory-aggregate-store.js';
import { InMemoryFleetStore } from '../../../../test/support/in-memory-fleet-store.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import type { ReplaceOutcome } from '../hours/aggregate-store.js';
import { hourOf } from '../hours/hour.js';
import { foldReadings } from '../hours/hourly-aggregate.js';
import type { SumCell, SumOf } from './fleet-store.js';
import { SumRecomputer } from './sum-recomputer.js';

const NEVER = Number.POSITIVE_INFINITY;
const HOUR = hourOf(aStoredReading({ timestamp: '2023-02-15T06:00:00Z' }).timestamp);
const SHARD_HOUR = { shard: 0, hour: HOUR };
const FLEET_HOUR = { metric: 'value', hour: HOUR };

/** Notes its calls, and lets others work just before a sum is replaced. */
class InterruptedFleetStore extends InMemoryFleetStore {
  readonly calls: string[] = [];
  readonly interruptions: (() => Promise<unknown>)[] = [];

  override async readVersion(of: SumOf): Promise<number> {
    this.calls.push('readVersion');
    return super.readVersion(of);
  }

  override scanShard(...of: Parameters<InMemoryFleetStore['scanShard']>) {
    this.calls.push('scan');
    return super.scanShard(...of);
  }

  override async replaceSum(cell: SumCell): Promise<ReplaceOutcome> {
    this.calls.push(`replace ${cell.metric}`);
    await this.interruptions.shift()?.();
    return super.replaceSum(cell);
  }
}

describe('recomputing sums', () => {
  let aggregates: InMemoryAggregateStore;
  let fleet: InterruptedFleetStore;

  beforeEach(() => {
    aggregates = new InMemoryAggregateStore();
    fleet = new InterruptedFleetStore(aggregates, (id) => (id === 'OTHER' ? 1 : 0));
  });

  const aRecomputer = () => new SumRecomputer(fleet, new FixedClock(), () => 0.5);

  function put(equipmentId: string, values: Readonly<Record<string, number>>): void {
    const reading = aStoredReading({ timestamp: '2023-02-15T06:30:00Z', values });
    aggregates.put({ equipmentId, hour: HOUR, version: 1, metrics: foldReadings([reading]) });
  }

  const shown = (of: SumOf) => {
    const cell = fleet.sum(of);
    return cell && [cell.version, cell.aggregate?.count, cell.aggregate?.total.toString()];
  };

  it('adds up the equipment of a shard-hour, and the shards of a fleet-hour', async () => {
    for (const id of ['EQ-1', 'EQ-2', 'EQ-3']) put(id, { value: 0.1 });
    put('OTHER', { value: 1e15 });

    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER);
    await aRecomputer().recomputeShardHour({ ...SHARD_HOUR, shard: 1 }, ['value'], NEVER);
    await aRecomputer().recomputeFleetHour(FLEET_HOUR, NEVER);

    expect(shown({ ...FLEET_HOUR, shard: 0 })).toEqual([1, 3, '0.3']);
    expect(shown(FLEET_HOUR)).toEqual([1, 4, '1000000000000000.3']);
  });

  it('reads the shard once for all its metrics, and leaves the others alone', async () => {
    put('EQ-1', { value: 1, pressure: 2, temperature: 3 });

    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value', 'pressure'], NEVER);

    expect(fleet.calls).toEqual(['scan', 'replace value', 'replace pressure']);
    expect(fleet.sum({ metric: 'temperature', ...SHARD_HOUR })).toBeUndefined();
  });

  it('keeps the cell and its version when no equipment has the metric any more', async () => {
    put('EQ-1', { value: 1 });
    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER);
    put('EQ-1', { pressure: 1 });

    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER);

    expect(shown({ ...FLEET_HOUR, shard: 0 })).toEqual([2, undefined, undefined]);
  });

  it('writes also what changes nothing, so that older writes on their way fail', async () => {
    put('EQ-1', { value: 1 });
    const recomputer = aRecomputer();

    for (let i = 0; i < 3; i += 1) {
      await recomputer.recomputeShardHour(SHARD_HOUR, ['value'], NEVER);
    }

    expect(shown({ ...FLEET_HOUR, shard: 0 })).toEqual([3, 1, '1']);
    expect(fleet.calls).not.toContain('readVersion');
  });

  it('reads the version when the cell of an unknown one exists, and then the shard again', async () => {
    put('EQ-1', { value: 1 });
    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER);
    fleet.calls.length = 0;

    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER);

    expect(fleet.calls).toEqual(['scan', 'replace value', 'readVersion', 'scan', 'replace value']);
  });

  it('does again only what another was first to write, with what the level below says now', async () => {
    put('EQ-1', { value: 1, pressure: 1 });
    fleet.interruptions.push(async () => {
      put('EQ-1', { value: 2, pressure: 2 });
      await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER);
    });

    await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value', 'pressure'], NEVER);

    expect(shown({ ...FLEET_HOUR, shard: 0 })).toEqual([2, 1, '2']);
    expect(shown({ metric: 'pressure', ...SHARD_HOUR })).toEqual([1, 1, '1']);
  });

  it('is as of its oldest open cell, and never newer than was known before', async () => {
    const cell = { hour: HOUR, version: 1, metrics: new Map() };
    const asOf = () => fleet.sum({ ...FLEET_HOUR, shard: 0 })?.asOf;
    const sumUp = async (known = 0) => {
      await aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], NEVER, { asOf: known });
      await aRecomputer().recomputeFleetHour(FLEET_HOUR, NEVER);
      return [asOf(), fleet.sum(FLEET_HOUR)?.asOf];
    };

    aggregates.put({ ...cell, equipmentId: 'EQ-1', asOf: 30 });
    aggregates.put({ ...cell, equipmentId: 'EQ-2', asOf: 20 });
    aggregates.put({ ...cell, equipmentId: 'EQ-3', isClosed: true });
    expect(await sumUp(25)).toEqual([20, 20]);
    expect(await sumUp(10)).toEqual([10, 10]);
    expect(await sumUp()).toEqual([0, 0]);
    aggregates.put({ ...cell, equipmentId: 'EQ-2' });
    expect(await sumUp(25)).toEqual([0, 0]);
    for (const equipmentId of ['EQ-1', 'EQ-2']) {
      aggregates.put({ ...cell, equipmentId, isClosed: true });
    }
    expect(await sumUp(25)).toEqual([undefined, undefined]);
  });

  it('gives up at its deadline', async () => {
    put('EQ-1', { value: 1 });
    const recomputing = aRecomputer().recomputeShardHour(SHARD_HOUR, ['value'], 0);

    await expect(recomputing).rejects.toMatchObject({ code: 'recompute-out-of-time' });
    expect(fleet.calls).toEqual([]);
  });
});
