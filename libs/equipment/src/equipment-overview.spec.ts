import { DomainError, SystemClock, WorkBudget, type Instant } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { DayTrends } from './day-trends.js';
import { EquipmentOverview, type ChosenQuery } from './equipment-overview.js';
import { AcceptedChanges } from './fleet-states/accepted-changes.js';
import { FleetStates } from './fleet-states/fleet-states.js';
import { EQUIPMENT_LIMITS } from './known-equipment.js';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Remembers what it was asked for. */
class AskedTrends extends DayTrends {
  readonly asked: string[] = [];

  tooCostly: string | undefined;

  override ofEquipment(equipmentId: string, metric: string) {
    this.asked.push(`${equipmentId} ${metric}`);
    if (equipmentId === this.tooCostly) {
      return Promise.reject(new DomainError('invalid', 'range-too-costly', 'Too much.'));
    }
    return Promise.resolve({ metric, averages: HOURS });
  }
}

/** Notes how many reads run at one time. */
class BusyReadings extends InMemoryReadingStore {
  most = 0;
  private running = 0;

  override async range(...query: Parameters<InMemoryReadingStore['range']>) {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const page = await super.range(...query);
    this.running -= 1;
    return page;
  }
}

/** Nothing is ever heard. */
class SilentChanges extends AcceptedChanges {
  override follow(): Promise<() => void> {
    return Promise.resolve(() => undefined);
  }
}

const BY_ID = { sort: 'equipmentId', isDescending: false, limit: 10 } as const;

function timestampAgo(seconds: number): Instant {
  return `${new Date(NOW - seconds * 1000).toISOString().slice(0, -1)}000000Z` as Instant;
}

function start() {
  const registry = new InMemoryEquipmentRegistry();
  const readings = new BusyReadings();
  const trends = new AskedTrends();
  const clock = new FixedClock(NOW);
  const changes = new SilentChanges();
  const states = new FleetStates({ registry, readings, changes }, clock);
  const overview = new EquipmentOverview(registry, readings, trends, states, clock);
  const budget = new WorkBudget(new AbortController().signal, new SystemClock(), EQUIPMENT_LIMITS);
  return {
    trends,
    states,
    readings,
    choose: (query: Partial<ChosenQuery>, limits = EQUIPMENT_LIMITS) =>
      overview.choose(
        { ...BY_ID, withTrend: false, ...query },
        new WorkBudget(new AbortController().signal, new SystemClock(), limits),
      ),
    list: (query: { readonly limit?: number; readonly search?: string; readonly after?: string }) =>
      overview.list({ limit: 10, withTrend: true, ...query }, budget),
    /** A reading so many seconds ago, each. */
    send: async (equipmentId: string, secondsAgo: readonly number[], metrics = ['value']) => {
      await registry.add(metrics.map((metric) => ({ equipmentId, metric })));
      const values = Object.fromEntries(metrics.map((metric, index) => [metric, index + 1]));
      await readings.putAll(
        secondsAgo.map((ago) => {
          const timestamp = timestampAgo(ago);
          return aStoredReading({ equipmentId, timestamp, values });
        }),
      );
    },
  };
}

describe('the overview', () => {
  it('shows the newest reading of each equipment, its usual gap and its state', async () => {
    const { send, list } = start();
    await send('EQ-1', [30, 90, 150]);
    await send('EQ-2', [200, 260, 320]);
    await send('EQ-3', [4000, 4060, 4120]);
    await send('EQ-4', [5]);

    const { items, asOfEpochMs } = await list({});

    expect(asOfEpochMs).toBe(NOW);
    expect(
      items.map(({ equipmentId, state, usualGapMs: gap }) => [equipmentId, state, gap]),
    ).toEqual([
      ['EQ-1', 'on-time', 60_000],
      ['EQ-2', 'late', 60_000],
      ['EQ-3', 'silent', 60_000],
      ['EQ-4', 'unknown', undefined],
    ]);
    expect(items[0]?.latest.timestamp).toBe('2026-11-30T11:59:30.000000000Z');
  });

  it('finds equipment by a part of its name, in whatever case, page by page', async () => {
    const { send, list } = start();
    for (const id of ['LINE-1:A', 'LINE-1:B', 'LINE-2:A', 'line-1:C']) await send(id, [1, 2]);

    const first = await list({ search: 'Line-1', limit: 2 });
    const second = await list({ search: 'Line-1', limit: 2, after: first.next ?? '' });

    expect(first.items.map(({ equipmentId }) => equipmentId)).toEqual(['LINE-1:A', 'LINE-1:B']);
    expect(second.items.map(({ equipmentId }) => equipmentId)).toEqual(['line-1:C']);
    expect(second.next).toBeUndefined();
  });

  it('has the trend of one metric, where there are readings of the last day', async () => {
    const { send, list, trends } = start();
    await send('EQ-1', [10], ['temperature', 'pressure']);
    await send('EQ-2', [10], ['temperature', 'value']);
    await send('EQ-3', [86_401]);

    const { items } = await list({});

    expect(trends.asked.toSorted()).toEqual(['EQ-1 pressure', 'EQ-2 value']);
    expect(items.map(({ trend }) => trend?.averages.length)).toEqual([24, 24, undefined]);
  });
});

describe('a latest reading that costs too much', () => {
  it('leaves its equipment out, and no other', async () => {
    const { send, list, readings } = start();
    await send('EQ-1', []);
    await send('EQ-2', [10]);
    readings.tooCostly.add('EQ-1');

    const { items } = await list({});

    expect(items.map(({ equipmentId }) => equipmentId)).toEqual(['EQ-2']);
  });
});

describe('a trend that costs too much', () => {
  it('is left out, and the equipment and all others are shown', async () => {
    const { send, list, trends } = start();
    for (const id of ['EQ-1', 'EQ-2']) await send(id, [10]);
    trends.tooCostly = 'EQ-1';

    const { items } = await list({});

    expect(items.map(({ equipmentId, trend }) => [equipmentId, trend !== undefined])).toEqual([
      ['EQ-1', false],
      ['EQ-2', true],
    ]);
  });
});

describe('a choice of the overview', () => {
  it('is read again before it is shown: what has changed since is left out', async () => {
    const { send, choose, states } = start();
    await send('EQ-1', [4000, 4060, 4120]);
    await send('EQ-2', [5000, 5060, 5120]);
    expect((await choose({ state: 'silent' })).items).toHaveLength(2);

    await send('EQ-1', [10]);
    const { items, counts, pending } = await choose({ state: 'silent', sort: 'lastTimestamp' });
    states.stop();

    expect(items.map(({ equipmentId, state }) => [equipmentId, state])).toEqual([
      ['EQ-2', 'silent'],
    ]);
    expect([counts.silent, pending]).toEqual([2, 0]);
  });

  it('is read in chunks, and ends early when its budget is spent: the next page continues', async () => {
    const { send, choose, states, readings } = start();
    const ids = Array.from({ length: 150 }, (_, n) => `EQ-${String(n).padStart(3, '0')}`);
    for (const id of ids) await send(id, [10]);
    const seen: string[][] = [];

    let after: ChosenQuery['after'];
    do {
      const page = await choose({ limit: 100, after }, { storeCalls: 40, ms: 60_000 });
      seen.push(page.items.map(({ equipmentId }) => equipmentId));
      after = page.next;
    } while (after !== undefined);
    states.stop();

    expect(seen.flat()).toEqual(ids);
    expect(seen.map(({ length }) => length)).toEqual([64, 64, 22]);
    expect(readings.most).toBe(32);
  });
});
