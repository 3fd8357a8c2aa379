import type { Instant } from '@sensorflow/kernel';
import { Retention, type StoredReading } from '@sensorflow/sensor-data';
import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../../test/support/in-memory-closing-progress.js';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { anInstant, aStoredReading } from '../../../../test/support/readings.js';
import type { CellState, EquipmentHour, EquipmentHourCell } from './aggregate-store.js';
import { HourRecomputer } from './hour-recomputer.js';
import { hourOf, hourPlus } from './hour.js';

const HOUR_SIX: EquipmentHour = {
  equipmentId: 'EQ-12495',
  hour: hourOf(anInstant('2023-02-15T06:00:00Z')),
};
const NEVER = Number.POSITIVE_INFINITY;

/** Notes its calls, and lets others work just before a cell is replaced. */
class InterruptedAggregateStore extends InMemoryAggregateStore {
  readonly calls: string[] = [];
  readonly interruptions: (() => Promise<unknown>)[] = [];

  override async readState(of: EquipmentHour): Promise<CellState> {
    this.calls.push('readState');
    return super.readState(of);
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<'replaced' | 'conflict'> {
    this.calls.push('replaceCell');
    await this.interruptions.shift()?.();
    return super.replaceCell(cell);
  }
}

describe('recomputing an hour', () => {
  let readings: InMemoryReadingStore;
  let aggregates: InterruptedAggregateStore;
  let closing: InMemoryClosingProgress;
  let clock: FixedClock;

  beforeEach(() => {
    readings = new InMemoryReadingStore();
    aggregates = new InterruptedAggregateStore();
    closing = new InMemoryClosingProgress();
    clock = new FixedClock();
  });

  /** Five readings make a dense hour here. */
  const aRecomputer = () =>
    new HourRecomputer({ readings, aggregates, closing }, clock, {
      random: () => 0.5,
      denseReadings: 4,
    });
  const store = async (...words: Parameters<typeof aStoredReading>) =>
    readings.putAll([aStoredReading(...words)] satisfies StoredReading[]);
  const shown = (of = HOUR_SIX) => {
    const cell = aggregates.cell(of);
    const aggregate = cell?.metrics.get('value');
    return (
      cell && {
        version: cell.version,
        count: aggregate?.count,
        total: aggregate?.total.toString(),
      }
    );
  };

  it('finds a reading that was sent at 01:30 with offset -05:00 in hour 06', async () => {
    await store({ timestamp: '2023-02-15T01:30:00.000-05:00', value: 78.42 });

    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toEqual({ version: 1, count: 1, total: '78.42' });
  });

  it('leaves out the neighbouring hours', async () => {
    await store({ timestamp: '2023-02-15T05:59:59.999999999Z', value: 1 });
    await store({ timestamp: '2023-02-15T06:00:00Z', value: 2 });
    await store({ timestamp: '2023-02-15T06:59:59.999999999Z', value: 4 });
    await store({ timestamp: '2023-02-15T07:00:00Z', value: 8 });

    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toMatchObject({ count: 2, total: '6' });
  });

  it('counts a reading that was sent a hundred times once', async () => {
    const recomputer = aRecomputer();

    for (let sent = 0; sent < 100; sent += 1) {
      await store({ value: 78.42 });
      await recomputer.recomputeHour(HOUR_SIX, NEVER);
    }

    expect(shown()).toEqual({ version: 100, count: 1, total: '78.42' });
  });

  it('takes a correction from 10 to 12 for one reading of 12', async () => {
    const recomputer = aRecomputer();
    await store({ value: 10 });
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    await store({ value: 12 });
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toMatchObject({ count: 1, total: '12' });
  });

  it('gives the earlier digits back when a reading is deleted', async () => {
    const recomputer = aRecomputer();
    await store({ timestamp: '2023-02-15T06:00:00Z', value: 0.1 });
    await store({ timestamp: '2023-02-15T06:00:01Z', value: 1e17 });
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    readings.remove(HOUR_SIX.equipmentId, anInstant('2023-02-15T06:00:01Z'));
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toMatchObject({ count: 1, total: '0.1' });
  });

  it('keeps the cell and its version when every reading is deleted', async () => {
    const recomputer = aRecomputer();
    await store({ timestamp: '2023-02-15T06:00:00Z' });
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    readings.remove(HOUR_SIX.equipmentId, anInstant('2023-02-15T06:00:00Z'));
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect(aggregates.cell(HOUR_SIX)).toEqual({ ...HOUR_SIX, version: 2, metrics: new Map() });
  });

  describe('that has more metrics than a cell holds', () => {
    const A_FAILED_CELL = { ...HOUR_SIX, metrics: new Map(), failure: 'aggregate-too-large' };

    beforeEach(() => {
      aggregates = new InterruptedAggregateStore(2);
    });

    it('puts a cell that says so, with its version raised, in the place of the earlier one', async () => {
      const recomputer = aRecomputer();
      await store({ values: { a: 1, b: 1 } });
      await recomputer.recomputeHour(HOUR_SIX, NEVER);
      await store({ values: { a: 1, b: 1, c: 1 } });

      const outcome = await recomputer.recomputeHour(HOUR_SIX, NEVER);

      expect(outcome).toBe('aggregate-too-large');
      expect(aggregates.cell(HOUR_SIX)).toEqual({ ...A_FAILED_CELL, version: 2 });
    });

    it('heals when its readings have fewer metrics', async () => {
      const recomputer = aRecomputer();
      await store({ values: { a: 1, b: 1, c: 1 } });
      await recomputer.recomputeHour(HOUR_SIX, NEVER);
      await store({ value: 5 });

      const outcome = await recomputer.recomputeHour(HOUR_SIX, NEVER);

      expect(outcome).toBe('recomputed');
      expect(shown()).toEqual({ version: 2, count: 1, total: '5' });
      expect(aggregates.cell(HOUR_SIX)).not.toHaveProperty('failure');
    });

    it('does not take the place of what another wrote meanwhile', async () => {
      await store({ values: { a: 1, b: 1, c: 1 } });
      const heal = async () => {
        await store({ value: 5 });
        await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
      };
      // After the refused write, before the one that says so.
      aggregates.interruptions.push(() => Promise.resolve(), heal);

      const outcome = await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

      expect(outcome).toBe('recomputed');
      expect(shown()).toEqual({ version: 2, count: 1, total: '5' });
    });

    it('is said to be out of time when that was over with the refused write', async () => {
      await store({ values: { a: 1, b: 1, c: 1 } });
      aggregates.interruptions.push(async () => Promise.resolve(clock.advance(1000)));

      const recomputing = aRecomputer().recomputeHour(HOUR_SIX, clock.nowEpochMs() + 1000);

      await expect(recomputing).rejects.toMatchObject({ code: 'recompute-out-of-time' });
      expect(aggregates.cells()).toEqual([]);
    });
  });

  describe('that is dense', () => {
    const DENSE = HOUR_SIX;
    let queries: string[];

    /** A reading a page, and a note of what is asked for. */
    class PagedReadingStore extends InMemoryReadingStore {
      override async *scanRange(equipmentId: string, from: Instant, to: Instant) {
        queries.push(`${from.slice(11, 16)} ${to.slice(11, 16)}`);
        for await (const page of super.scanRange(equipmentId, from, to)) {
          for (const reading of page) yield [reading];
        }
      }
    }

    beforeEach(async () => {
      closing = new InMemoryClosingProgress(hourPlus(DENSE.hour, 1));
      readings = new PagedReadingStore();
      queries = [];
      for (const minute of ['00', '04', '05', '30', '59']) {
        await store({ timestamp: `2023-02-15T06:${minute}:00Z`, value: Number(minute) });
      }
      await aRecomputer().recomputeHour(DENSE, NEVER);
      queries = [];
    });

    it('keeps a fold for each slot that has readings', () => {
      expect([...(aggregates.cell(DENSE)?.slots?.keys() ?? [])]).toEqual([0, 1, 6, 11]);
      expect(shown()).toMatchObject({ count: 5, total: '98' });
    });

    it('reads only the slots that changed, neighbours in one query', async () => {
      await store({ timestamp: '2023-02-15T06:09:59.999999999Z', value: 0.5 });
      await store({ timestamp: '2023-02-15T06:04:00Z', value: 5 });
      readings.remove(DENSE.equipmentId, anInstant('2023-02-15T06:59:00Z'));

      await aRecomputer().recomputeHour(DENSE, NEVER, { dirty: new Set([11, 1, 0]) });

      expect(queries).toEqual(['06:00 06:10', '06:55 07:00']);
      expect(shown()).toEqual({ version: 2, count: 5, total: '40.5' });
      expect(new Set(aggregates.cell(DENSE)?.slots?.keys())).toEqual(new Set([0, 1, 6]));
    });

    it('equals what a fold of the whole hour gives, digit for digit', async () => {
      await store({ timestamp: '2023-02-15T06:31:00Z', value: 1e-15 });
      await aRecomputer().recomputeHour(DENSE, NEVER, { dirty: new Set([6]) });
      const bySlots = aggregates.cell(DENSE)?.metrics;

      await aRecomputer().recomputeHour(DENSE, NEVER);

      expect(aggregates.cell(DENSE)?.metrics).toEqual(bySlots);
      expect(bySlots?.get('value')).toMatchObject({ largestGapNs: 28 * 60 * 1e9 });
    });

    it('finds its slots again after a process that remembers only the version', async () => {
      const recomputer = aRecomputer();
      await recomputer.recomputeHour(DENSE, NEVER, { dirty: new Set([0]) });
      queries = [];

      await recomputer.recomputeHour(DENSE, NEVER, { dirty: new Set([0]) });

      expect(queries).toEqual(['06:00 06:05']);
    });

    it('is no longer dense when it is empty', async () => {
      for (const minute of ['00', '04', '05', '30', '59']) {
        readings.remove(DENSE.equipmentId, anInstant(`2023-02-15T06:${minute}:00Z`));
      }

      await aRecomputer().recomputeHour(DENSE, NEVER, { dirty: new Set([0, 1, 6, 11]) });

      expect(aggregates.cell(DENSE)).toEqual({
        ...DENSE,
        version: 2,
        metrics: new Map(),
        isClosed: true,
      });
    });

    it('does without slots when it does not fit with them', async () => {
      aggregates = new InterruptedAggregateStore(4);

      const outcome = await aRecomputer().recomputeHour(DENSE, NEVER);

      expect(outcome).toBe('recomputed');
      expect(shown()).toEqual({ version: 1, count: 5, total: '98' });
      expect(aggregates.cell(DENSE)).not.toHaveProperty('slots');
    });
  });

  it('starts over when another version stands there by then', async () => {
    await store({ timestamp: '2023-02-15T06:00:00Z', value: 1 });
    aggregates.interruptions.push(async () => {
      await store({ timestamp: '2023-02-15T06:00:01Z', value: 2 });
      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
    });

    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toEqual({ version: 2, count: 2, total: '3' });
  });

  it('lets no older recomputation bring back what a correction took away, though the correction changes nothing in the cell', async () => {
    await store({ value: 10 });
    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
    await store({ value: 12 });
    aggregates.interruptions.push(async () => {
      await store({ value: 10 });
      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
    });

    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toMatchObject({ count: 1, total: '10' });
  });

  it('lets no older recomputation bring back a reading that was deleted before its hour had a cell', async () => {
    await store({ timestamp: '2023-02-15T06:00:00Z' });
    aggregates.interruptions.push(async () => {
      readings.remove(HOUR_SIX.equipmentId, anInstant('2023-02-15T06:00:00Z'));
      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
    });

    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

    expect(aggregates.cell(HOUR_SIX)?.metrics.size).toBe(0);
  });

  it('spares the look at a version that it wrote itself', async () => {
    const recomputer = aRecomputer();
    await store();

    await recomputer.recomputeHour(HOUR_SIX, NEVER);
    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect(aggregates.calls).toEqual(['readState', 'replaceCell', 'replaceCell']);
  });

  it('looks again when the version it wrote was followed by another', async () => {
    const recomputer = aRecomputer();
    await store();
    await recomputer.recomputeHour(HOUR_SIX, NEVER);
    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect(shown()).toMatchObject({ version: 3, count: 1 });
  });

  it('looks again after a write with an unknown outcome', async () => {
    const recomputer = aRecomputer();
    await store();
    await recomputer.recomputeHour(HOUR_SIX, NEVER);
    aggregates.interruptions.push(() => Promise.reject(new Error('connection reset')));
    await expect(recomputer.recomputeHour(HOUR_SIX, NEVER)).rejects.toThrow('connection reset');

    await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect(aggregates.calls.slice(-2)).toEqual(['readState', 'replaceCell']);
    expect(shown()).toMatchObject({ version: 2, count: 1 });
  });

  it('gives up at its deadline, pausing longer with each conflict', async () => {
    const startedAt = clock.nowEpochMs();
    const always = Array.from(
      { length: 100 },
      () => () => aRecomputer().recomputeHour(HOUR_SIX, NEVER),
    );
    // Every other write is the interrupting recomputation's own, which nobody interrupts.
    for (const interrupt of always)
      aggregates.interruptions.push(interrupt, () => Promise.resolve());

    const recomputing = aRecomputer().recomputeHour(HOUR_SIX, startedAt + 2000);

    await expect(recomputing).rejects.toMatchObject({ code: 'recompute-out-of-time' });
    expect(clock.nowEpochMs() - startedAt).toBeLessThan(3000);
    expect(shown()?.version).toBeLessThan(15);
  });

  it('leaves a sealed hour as it is, because its readings may be gone, and no hour before', async () => {
    const recomputer = new HourRecomputer({ readings, aggregates, closing }, clock, {
      retention: Retention.ofDays(30),
    });
    const sealedFrom = Date.parse('2023-02-15T06:00:00Z') + 29 * 24 * 3_600_000;
    clock.advance(sealedFrom - 1 - clock.nowEpochMs());
    await store({ timestamp: '2023-02-15T06:30:00Z', value: 5 });

    const before = await recomputer.recomputeHour(HOUR_SIX, NEVER);
    readings.remove('EQ-12495', anInstant('2023-02-15T06:30:00Z'));
    clock.advance(1);
    const after = await recomputer.recomputeHour(HOUR_SIX, NEVER);

    expect([before, after]).toEqual(['recomputed', 'hour-sealed']);
    expect(shown()).toEqual({ version: 1, count: 1, total: '5' });
  });

  it('leaves an hour as it is that was sealed while its readings were read', async () => {
    const sealedFrom = Date.parse('2023-02-15T06:00:00Z') + 29 * 24 * 3_600_000;
    clock.advance(sealedFrom - 1 - clock.nowEpochMs());
    const waking = new (class extends InMemoryReadingStore {
      override async *scanRange() {
        clock.advance(2 * 24 * 3_600_000);
        yield* [];
      }
    })();
    const kept = Retention.ofDays(30);
    const recomputer = new HourRecomputer({ readings: waking, aggregates, closing }, clock, {
      retention: kept,
    });

    expect(await recomputer.recomputeHour(HOUR_SIX, NEVER)).toBe('hour-sealed');
    expect(shown()).toBeUndefined();
  });

  describe('whose closing', () => {
    const NEXT = hourPlus(HOUR_SIX.hour, 1);
    const isClosed = () => aggregates.cell(HOUR_SIX)?.isClosed ?? false;

    it('has not begun leaves the cell open', async () => {
      await store();

      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

      expect(isClosed()).toBe(false);
    });

    it('has begun closes the cell, and it stays closed for those who do not know', async () => {
      await store();
      await closing.advance('frontier', NEXT);
      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
      const closed = isClosed();

      await aRecomputer().recomputeHour(HOUR_SIX, NEVER, { frontier: HOUR_SIX.hour });

      expect([closed, isClosed()]).toEqual([true, true]);
    });

    it('begins before its first cell is there is noticed by whoever makes the cell', async () => {
      await store({ timestamp: '2023-02-15T06:00:00Z', value: 1 });
      aggregates.interruptions.push(async () => {
        await closing.advance('frontier', NEXT);
        await store({ timestamp: '2023-02-15T06:01:00Z', value: 2 });
      });

      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

      expect(isClosed()).toBe(true);
      expect(shown()).toEqual({ version: 2, count: 2, total: '3' });
    });

    it('begins after the frontier was read closes nothing: the readings may be older than it', async () => {
      await store({ timestamp: '2023-02-15T06:00:00Z', value: 1 });
      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
      aggregates.interruptions.push(async () => closing.advance('frontier', NEXT));

      await aRecomputer().recomputeHour(HOUR_SIX, NEVER);

      expect(isClosed()).toBe(false);
    });
  });

  it('keeps no slots of an open hour, and reads all of it: changes elsewhere may wait', async () => {
    for (const minute of ['00', '10', '20', '30', '40']) {
      await store({ timestamp: `2023-02-15T06:${minute}:00Z`, value: 1 });
    }
    await aRecomputer().recomputeHour(HOUR_SIX, NEVER);
    const open = aggregates.cell(HOUR_SIX);
    await store({ timestamp: '2023-02-15T06:50:00Z', value: 1 });
    await closing.advance('frontier', hourPlus(HOUR_SIX.hour, 1));

    await aRecomputer().recomputeHour(HOUR_SIX, NEVER, { dirty: new Set([0]) });

    expect(open).not.toHaveProperty('slots');
    expect(shown()?.count).toBe(6);
    expect(aggregates.cell(HOUR_SIX)?.slots?.size).toBe(6);
  });

  it('writes nothing when its time is over before it begins', async () => {
    await store();

    const recomputing = aRecomputer().recomputeHour(HOUR_SIX, clock.nowEpochMs());

    await expect(recomputing).rejects.toMatchObject({ kind: 'unavailable' });
    expect(aggregates.calls).toEqual([]);
  });
});
