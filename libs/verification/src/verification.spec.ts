import type { EquipmentHourCell, MetricAggregate } from '@sensorflow/aggregation';
import type { SumCell } from '@sensorflow/aggregation/fleet/fleet-store.js';
import { foldReadings } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import { EquipmentRegistrar } from '@sensorflow/equipment';
import { DomainError } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../test/support/aggregation-world.js';
import { aBudget } from '../../../test/support/budgets.js';
import { anInstant, aStoredReading } from '../../../test/support/readings.js';
import type { Difference } from './difference.js';
import type { VerificationReport } from './verification.js';

const DAY = { from: anHour('2023-02-15T00'), to: anHour('2023-02-16T00') };
const SIX = anHour('2023-02-15T06');

let world: AggregationWorld;

beforeEach(async () => {
  world = new AggregationWorld();
  // EQ-1 has a dense hour and one on another day; EQ-2 is in the other shard.
  for (const minute of ['00', '01', '40', '59']) {
    await world.put({ equipmentId: 'EQ-1', timestamp: `2023-02-15T06:${minute}:00Z`, value: 0.1 });
  }
  await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T07:00:00Z', value: 1e15 });
  await world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T06:30:00Z', value: 1e-15 });
  await world.aggregate();
});

async function register(equipmentId: string, metrics: number): Promise<void> {
  const names = Array.from({ length: metrics }, (_, n) => ({ equipmentId, metric: `m${n}` }));
  await new EquipmentRegistrar(world.registry, world.clock).register(names);
}

async function verify(range = DAY, equipmentId?: string): Promise<VerificationReport> {
  return world.verification.verify({ range, ...(equipmentId && { equipmentId }) }, aBudget());
}

async function repair(range = DAY): Promise<VerificationReport> {
  return world.verification.repair({ range }, aBudget());
}

function damage(of: { equipmentId: string }, change: Partial<EquipmentHourCell>): void {
  const cell = world.aggregates.cell({ ...of, hour: SIX });
  if (!cell) throw new Error('no such cell');
  world.aggregates.put({ ...cell, ...change });
}

async function damageSum(of: Pick<SumCell, 'shard'>, change: Partial<MetricAggregate>) {
  const before = world.fleet.sum({ metric: 'value', hour: SIX, ...of });
  if (!before?.aggregate) throw new Error('no such sum');
  const aggregate = { ...before.aggregate, ...change };
  await world.fleet.replaceSum({ ...before, version: before.version + 1, aggregate });
}

const shown = (found: readonly Difference[]) =>
  found.map(({ level, equipmentId, shard, field, stored, recomputed }) =>
    [level, equipmentId ?? shard ?? 'all', field, stored, recomputed].join(' '),
  );

const aggregateOf = (value: number): MetricAggregate => {
  const aggregate = foldReadings([
    aStoredReading({ timestamp: '2023-02-15T06:30:00Z', value }),
  ]).get('value');
  if (!aggregate) throw new Error('no readings');
  return aggregate;
};

describe('a verification', () => {
  it('compares every aggregate of every level, and finds nothing when they are right', async () => {
    // Three equipment-hours, two of them dense (with three slots and none), 3 shard- and 2 fleet-hours.
    expect(await verify()).toEqual({
      checked: 3 + 3 + 3 + 2,
      differences: [],
      repaired: 0,
      sealedHours: 0,
      openHours: 0,
      tooLarge: 0,
      next: undefined,
    });
  });

  it('finds a damaged equipment-hour, with both values', async () => {
    damage({ equipmentId: 'EQ-2' }, { metrics: new Map([['value', aggregateOf(2e-15)]]) });

    const { differences } = await verify();

    expect(differences[0]).toEqual({
      level: 'equipment-hour',
      equipmentId: 'EQ-2',
      metric: 'value',
      start: anInstant('2023-02-15T06:00:00Z'),
      field: 'total',
      version: 1,
      stored: '0.000000000000002',
      recomputed: '0.000000000000001',
    });
  });

  it('finds a damaged slot of a dense hour, whose metrics are right', async () => {
    const slots = world.aggregates.cell({ equipmentId: 'EQ-1', hour: SIX })?.slots;
    const last = new Map([['value', { ...aggregateOf(0.1), late: 7 }]]);
    damage({ equipmentId: 'EQ-1' }, { slots: new Map([...(slots ?? []), [11, last]]) });

    const { differences } = await verify();

    expect(differences.map(({ level, start, field }) => [level, start, field])).toEqual([
      ['slot', '2023-02-15T06:55:00.000000000Z', 'firstTimestamp'],
      ['slot', '2023-02-15T06:55:00.000000000Z', 'lastTimestamp'],
      ['slot', '2023-02-15T06:55:00.000000000Z', 'lateCount'],
    ]);
  });

  it('finds damaged sums of a shard and of the fleet, against the readings and not the level below', async () => {
    await damageSum({ shard: 0 }, { count: 5 });
    await damageSum({}, { max: 9 });

    expect(shown((await verify()).differences)).toEqual([
      'fleet-hour all max 9 0.1',
      'shard-hour 0 count 5 1',
    ]);
  });

  it('finds readings without aggregates, of unregistered equipment, on a day without a layout', async () => {
    await world.put({ equipmentId: 'EQ-9', timestamp: '2023-02-15T08:30:00Z', value: 5 });
    await world.put({ equipmentId: 'EQ-9', timestamp: '2020-02-29T08:30:00Z', value: 5 });

    const today = await verify();
    const before = await verify({ from: anHour('2020-01-01T00'), to: anHour('2020-12-31T00') });

    for (const { differences } of [today, before]) {
      const totals = shown(differences).filter((line) => line.includes(' total '));
      expect(totals).toEqual([
        'equipment-hour EQ-9 total  5',
        'shard-hour 1 total  5',
        'fleet-hour all total  5',
      ]);
    }
  });

  it('finds readings of a day behind those that were removed, where its budget is spent', async () => {
    await world.put({ equipmentId: 'EQ-9', timestamp: '2020-06-15T06:30:00Z', value: 3 });
    const range = world.readings.range.bind(world.readings);
    // As a page is that has seen nothing but what was removed.
    world.readings.range = async (query, budget) =>
      query.after === undefined
        ? { readings: [], next: anInstant('2020-01-02T00:00:00Z') }
        : range(query, budget);

    const year = { from: anHour('2020-01-01T00'), to: anHour('2020-12-31T00') };
    const { differences } = await verify(year, 'EQ-9');

    expect(shown(differences)).toContain('equipment-hour EQ-9 total  3');
  });

  it('finds a cell, and sums, of readings that do not exist', async () => {
    world.aggregates.put({
      equipmentId: 'EQ-GHOST-1',
      hour: SIX,
      version: 1,
      metrics: new Map([['value', aggregateOf(5)]]),
    });
    const ghost = { metric: 'value', hour: anHour('2023-02-15T20'), version: 1 };
    await world.fleet.replaceSum({ ...ghost, shard: 7, aggregate: aggregateOf(6) });

    const totals = shown((await verify()).differences).filter((line) => line.includes(' total '));

    expect(totals).toEqual(['equipment-hour EQ-GHOST-1 total 5 ', 'shard-hour 7 total 6 ']);
  });

  it('finds a fleet-hour of no readings, also on a day without any other cell', async () => {
    const ghost = { metric: 'value', hour: anHour('2023-02-10T20'), version: 1 };
    await world.fleet.replaceSum({ ...ghost, aggregate: aggregateOf(6) });

    const { differences } = await verify({ ...DAY, from: anHour('2023-02-01T00') });

    expect(shown(differences)).toContain('fleet-hour all total 6 ');
  });

  it('finds sums of any lost metric of equipment with hundreds of names', async () => {
    await register('EQ-WIDE', 600);
    const ghost = { metric: 'm599', hour: anHour('2023-02-15T20'), version: 1 };
    await world.fleet.replaceSum({ ...ghost, aggregate: aggregateOf(6) });

    expect(shown((await verify()).differences)).toContain('fleet-hour all total 6 ');
  });

  it('looks for lost metrics only where their equipment is, once the fleet has thousands of names', async () => {
    await register('EQ-WIDE', 2100);
    await world.registry.add([{ equipmentId: 'EQ-1', metric: 'lost' }]);
    const ghost = { metric: 'lost', hour: SIX, version: 1 };
    await world.fleet.replaceSum({ ...ghost, aggregate: aggregateOf(6) });
    const scanSums = world.fleet.scanSums.bind(world.fleet);
    const sought: string[] = [];
    world.fleet.scanSums = (metric, range) => {
      sought.push(metric);
      return scanSums(metric, range);
    };

    const { differences } = await verify();
    const quiet = await verify({ from: anHour('2023-02-20T00'), to: anHour('2023-02-20T01') });

    expect(shown(differences)).toContain('fleet-hour all total 6 ');
    expect(new Set(sought)).toEqual(new Set(['value', 'lost']));
    expect(quiet).toMatchObject({ checked: 0, differences: [] });
  });

  it('of one equipment compares its own hours, and no sums', async () => {
    await damageSum({}, { count: 99 });
    damage({ equipmentId: 'EQ-1' }, { metrics: new Map([['value', aggregateOf(1)]]) });

    const [one, other] = [await verify(DAY, 'EQ-1'), await verify(DAY, 'EQ-2')];

    expect(new Set(one.differences.map(({ equipmentId }) => equipmentId))).toEqual(
      new Set(['EQ-1']),
    );
    expect(other).toMatchObject({ checked: 1, differences: [] });
  });

  it('compares a second time, so that changes on their way are no differences', async () => {
    await world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T06:31:00Z', value: 5 });
    const sleep = world.clock.sleep.bind(world.clock);
    const slept: number[] = [];
    world.clock.sleep = async (ms) => {
      slept.push(ms);
      await world.aggregate();
      return sleep(ms);
    };

    expect((await verify()).differences).toEqual([]);
    expect(slept).toEqual([5000]);
  });

  it('counts no difference of a cell that moved, though its digits have come back by then', async () => {
    const correct = async (value: number) =>
      world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T06:30:00Z', value });
    await correct(2);
    world.clock.sleep = async () => {
      await world.aggregate();
      await correct(1e-15);
      await world.aggregate();
      await correct(2);
    };

    expect((await verify()).differences).toEqual([]);
  });

  it('finds what is wrong in a cell once the cell stops changing', async () => {
    damage({ equipmentId: 'EQ-2' }, { metrics: new Map() });
    const { version = 0 } = world.aggregates.cell({ equipmentId: 'EQ-2', hour: SIX }) ?? {};
    const raised = version + 1;
    world.clock.sleep = async () =>
      Promise.resolve(damage({ equipmentId: 'EQ-2' }, { version: raised }));

    const moving = await verify();
    const standing = await verify();

    expect(moving.differences).toEqual([]);
    expect(standing.differences).toHaveLength(10);
  });

  it('leaves out the hours of its range that are not asked for', async () => {
    damage({ equipmentId: 'EQ-1' }, { metrics: new Map() });

    const later = await verify({ ...DAY, from: anHour('2023-02-15T07') });

    expect(later).toMatchObject({ differences: [], checked: 3 });
  });

  it('leaves out sealed hours, and says how many', async () => {
    const kept = new AggregationWorld(Retention.ofDays(15));
    await kept.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T07:00:00Z', value: 1 });
    kept.clock.advance(7 * 3_600_000);

    // At 07:00 of 1 March, with 15 days and 24 h of margin, 15 February is sealed up to 07:00.
    const report = await kept.verification.repair({ range: DAY }, aBudget());
    const wholly = await kept.verification.repair({ range: { ...DAY, to: SIX } }, aBudget());

    expect(report).toMatchObject({ sealedHours: 8, checked: 0, differences: [] });
    expect(wholly).toMatchObject({ sealedHours: 6, checked: 0, next: undefined });
    expect(kept.aggregates.cells()).toEqual([]);
  });

  it('leaves out hours that say themselves that they are too large', async () => {
    const values = Object.fromEntries(Array.from({ length: 800 }, (_, n) => [`m${n}`, 1]));
    await world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T06:30:00Z', values });
    damage({ equipmentId: 'EQ-2' }, { metrics: new Map(), failure: 'aggregate-too-large' });

    const report = await verify(DAY, 'EQ-2');

    expect(report).toMatchObject({ tooLarge: 1, checked: 0, differences: [] });
  });

  it('reports an hour with few metrics that is marked as too large', async () => {
    damage({ equipmentId: 'EQ-2' }, { metrics: new Map(), failure: 'aggregate-too-large' });

    const found = await repair();

    expect(shown(found.differences)).toContain('equipment-hour EQ-2 count  1');
    expect(world.aggregates.cell({ equipmentId: 'EQ-2', hour: SIX })?.failure).toBeUndefined();
    expect(await verify()).toMatchObject({ tooLarge: 0, differences: [] });
  });

  it('ends a page after many differences, and the next page continues there', async () => {
    for (let equipment = 0; equipment < 101; equipment += 1) {
      await world.put({ equipmentId: `EQ-${equipment}`, timestamp: '2023-02-15T05:00:00Z' });
    }

    const first = await verify();
    const rest = await verify({ ...DAY, from: first.next ?? DAY.to });

    expect(first.next).toBeDefined();
    expect(first.differences.length).toBeGreaterThanOrEqual(1000);
    expect(rest).toMatchObject({ differences: [], next: undefined, checked: 3 });
  });

  it('compares a second time in the same parts, not hour by hour', async () => {
    for (let hour = 10; hour < 24; hour += 1) {
      await world.put({ equipmentId: 'EQ-1', timestamp: `2023-02-15T${hour}:30:00Z` });
    }
    const scanEquipment = world.aggregates.scanEquipment.bind(world.aggregates);
    let comparisons = 0;
    world.aggregates.scanEquipment = (range) => {
      comparisons += 1;
      return scanEquipment(range);
    };

    await verify();

    // Of 1, 2, 4, 8 and 9 hours at first; then of those two that differ.
    expect(comparisons).toBe(5 + 2);
  });

  it('is not held up by dense hours behind quiet ones', async () => {
    const slow = new AggregationWorld(undefined, 0, 30);
    for (let hour = 0; hour < 24; hour += 1) {
      const timestamp = `2023-02-15T${String(hour).padStart(2, '0')}:30:00Z`;
      await slow.put({ equipmentId: 'EQ-1', timestamp });
    }
    await slow.aggregate();
    const scanRange = slow.readings.scanRange.bind(slow.readings);
    slow.readings.scanRange = async function* page(id, from, to) {
      for await (const found of scanRange(id, from, to)) {
        for (const reading of found) {
          if (reading.timestamp < '2023-02-15T07') yield [reading];
          else {
            await delay(20);
            slow.clock.advance(3000);
            yield [reading];
          }
        }
      }
    };

    const { next, checked } = await slow.verification.verify({ range: DAY }, aBudget());

    expect(next).toBeDefined();
    expect(next && next < '2023-02-15T12').toBe(true);
    expect(checked).toBeGreaterThanOrEqual(3 * 8);
  });

  it('that is stopped does not wait for its second comparison', async () => {
    const stopping = new AbortController();
    const reason = new Error('the process ends');
    await world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T06:31:00Z', value: 5 });
    const scanSums = world.fleet.scanSums.bind(world.fleet);
    world.fleet.scanSums = (metric, range) => {
      if (range.to === DAY.to) stopping.abort(reason);
      return scanSums(metric, range);
    };
    world.clock.sleep = async () => new Promise(() => undefined);

    const ended = world.verification.verify({ range: DAY }, aBudget(stopping.signal));

    await expect(ended).rejects.toBe(reason);
  });

  it.each([0, 50])(
    'that is stopped reads nothing more, when equipment has no readings and %i pages of cells',
    async (pages) => {
      const stopping = new AbortController();
      const reason = new Error('the process ends');
      for (let equipment = 0; equipment < 50; equipment += 1) {
        await world.put({ equipmentId: `EQ-${equipment}`, timestamp: '2023-02-15T00:30:00Z' });
      }
      let reads = 0;
      world.aggregates.scanCells = async function* page() {
        reads += 1;
        await delay(1);
        stopping.abort(reason);
        for (let seen = 0; seen < pages; seen += 1) {
          yield [];
          reads += 1;
        }
      };
      const range = { from: SIX, to: anHour('2023-02-15T07') };

      const ended = world.verification.verify({ range }, aBudget(stopping.signal));

      await expect(ended).rejects.toBe(reason);
      await delay(20);
      expect(reads).toBeLessThanOrEqual(8);
    },
  );

  it('ends with the reason of its signal', async () => {
    const reason = new Error('no more time');

    const ended = world.verification.verify({ range: DAY }, aBudget(AbortSignal.abort(reason)));

    await expect(ended).rejects.toBe(reason);
  });
});

describe('a repair', () => {
  it('repairs a cell of every level, and all cells above it', async () => {
    await world.put({ equipmentId: 'EQ-9', timestamp: '2023-02-15T06:30:00Z', value: 5 });
    const ghost = new Map([['ghost', aggregateOf(5)]]);
    damage({ equipmentId: 'EQ-1' }, { metrics: ghost, slots: new Map([[3, ghost]]) });
    await damageSum({ shard: 0 }, { first: 5 });
    await damageSum({}, { largestGapNs: 5 });

    const report = await repair();

    expect(new Set(report.differences.map(({ level }) => level))).toEqual(
      new Set(['slot', 'equipment-hour', 'shard-hour', 'fleet-hour']),
    );
    expect(report.repaired).toBe(report.differences.length);
    expect((await verify()).differences).toEqual([]);
    expect(world.fleet.sum({ metric: 'value', hour: SIX })?.aggregate?.total.toString()).toBe(
      '5.400000000000001',
    );
  });

  it('ends with the reason of its signal, and begins with no further cell', async () => {
    const stopping = new AbortController();
    const reason = new Error('the process ends');
    for (let i = 0; i < 40; i += 1) {
      await world.put({ equipmentId: `EQ-1${i}`, timestamp: '2023-02-15T06:30:00Z', value: 5 });
    }
    const replaceCell = world.aggregates.replaceCell.bind(world.aggregates);
    const replaced: string[] = [];
    world.aggregates.replaceCell = async (cell) => {
      replaced.push(cell.equipmentId);
      stopping.abort(reason);
      return replaceCell(cell);
    };

    const ended = world.verification.repair({ range: DAY }, aBudget(stopping.signal));

    await expect(ended).rejects.toBe(reason);
    // What was under way comes to its end.
    expect(replaced.length).toBeGreaterThan(0);
    expect(replaced.length).toBeLessThanOrEqual(8);
  });

  it('waits for a throttled table', async () => {
    for (const equipmentId of ['EQ-1', 'EQ-2']) damage({ equipmentId }, { metrics: new Map() });
    const readState = world.aggregates.readState.bind(world.aggregates);
    let refusals = 0;
    world.aggregates.readState = async (of) => {
      refusals += 1;
      if (refusals <= 6) throw new DomainError('unavailable', 'store-unavailable', 'throttled');
      return readState(of);
    };

    const { differences, repaired } = await repair();

    expect(refusals).toBeGreaterThan(6);
    expect(repaired).toBe(differences.length);
    expect((await verify()).differences).toEqual([]);
  });

  describe('of a cell that fails', () => {
    const broken = new RangeError('not a decimal number: abc');
    const away = new DomainError('unavailable', 'store-unavailable', 'try again');
    let error: Error;

    beforeEach(() => {
      for (const equipmentId of ['EQ-1', 'EQ-2']) damage({ equipmentId }, { metrics: new Map() });
      const readState = world.aggregates.readState.bind(world.aggregates);
      world.aggregates.readState = async (of) => {
        if (of.equipmentId === 'EQ-1') throw error;
        return readState(of);
      };
    });
    const second = () => world.aggregates.cell({ equipmentId: 'EQ-2', hour: SIX })?.metrics.size;

    it('continues after it, and says why it is not repaired', async () => {
      error = broken;

      const { differences, repaired } = await repair();

      const left = (await verify()).differences;
      expect(second()).toBe(1);
      expect(new Set(left.map(({ equipmentId }) => equipmentId))).toEqual(new Set(['EQ-1']));
      expect(repaired).toBe(differences.length - left.length);
      expect(world.failures).toMatchObject([
        { message: 'EQ-1 2023-02-15T06 cannot be repaired', cause: broken },
      ]);
    });

    it('continues after it, and throws temporary failures at the end', async () => {
      error = away;

      await expect(repair()).rejects.toBe(away);

      expect(second()).toBe(1);
      expect(world.failures).toEqual([]);
    });
  });

  it('raises versions, as every recomputation does', async () => {
    damage({ equipmentId: 'EQ-2' }, { metrics: new Map() });
    const before = world.aggregates.cell({ equipmentId: 'EQ-2', hour: SIX })?.version ?? 0;

    await repair();

    expect(world.aggregates.cell({ equipmentId: 'EQ-2', hour: SIX })?.version).toBe(before + 1);
  });

  it('changes nothing when nothing differs', async () => {
    const before = [...world.aggregates.cells(), ...world.fleet.allSums()];

    expect(await repair()).toMatchObject({ differences: [], repaired: 0 });
    expect([...world.aggregates.cells(), ...world.fleet.allSums()]).toEqual(before);
  });
});
