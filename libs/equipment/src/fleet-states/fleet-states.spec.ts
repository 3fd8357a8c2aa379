import type { Instant, WorkBudget } from '@sensorflow/kernel';
import type { ReadingPage, ReadingRange } from '@sensorflow/sensor-data';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { EquipmentRestriction } from '@sensorflow/auth';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryEquipmentRegistry } from '../../../../test/support/in-memory-equipment-registry.js';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import { AcceptedChanges, type ChangeListener } from './accepted-changes.js';
import type { FleetStatesOptions } from './fleet-round.js';
import { FleetStates, type FleetQuery } from './fleet-states.js';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const BY_ID: FleetQuery = { sort: 'equipmentId', isDescending: false, limit: 10 };

/** Tells its listeners what a test says. */
class ToldChanges extends AcceptedChanges {
  readonly listeners = new Set<ChangeListener>();
  isOut = false;

  override follow(listener: ChangeListener): Promise<() => void> {
    if (this.isOut) return Promise.reject(new Error('live is not set up'));
    this.listeners.add(listener);
    return Promise.resolve(() => this.listeners.delete(listener));
  }
}

/** Whose equipment can go. */
class ShrinkingRegistry extends InMemoryEquipmentRegistry {
  readonly gone = new Set<string>();

  override async *scan(after?: string, budget?: WorkBudget) {
    for await (const page of super.scan(after, budget)) {
      yield page.filter(({ equipmentId }) => !this.gone.has(equipmentId));
    }
  }
}

/** Holds reads back while a test wants it to. */
class HeldReadings extends InMemoryReadingStore {
  lookups = 0;
  held: Promise<void> = Promise.resolve();

  override async range(query: ReadingRange, budget?: WorkBudget): Promise<ReadingPage> {
    this.lookups += 1;
    const page = await super.range(query, budget);
    await this.held;
    return page;
  }
}

/** Time stands still, but pauses are pauses. */
class StandingClock extends FixedClock {
  override async sleep(): Promise<void> {
    await delay(5);
  }
}

let started: FleetStates | undefined;
afterEach(() => started?.stop());

function timestampAgo(seconds: number): Instant {
  return `${new Date(NOW - seconds * 1000).toISOString().slice(0, -1)}000000Z` as Instant;
}

function start(options: Partial<FleetStatesOptions> = {}) {
  const registry = new ShrinkingRegistry();
  const readings = new HeldReadings();
  const changes = new ToldChanges();
  const states = new FleetStates({ registry, readings, changes }, new StandingClock(NOW), {
    mostEquipment: 100,
    mostRestrictions: 10,
    idleMs: 60_000,
    unfollowedMs: 60_000,
    ...options,
  });
  started = states;
  const readingsOf = (equipmentId: string, secondsAgo: readonly number[]) =>
    secondsAgo.map((ago) => aStoredReading({ equipmentId, timestamp: timestampAgo(ago) }));
  const tell = (change: Parameters<ChangeListener['changed']>[0]) => {
    for (const listener of changes.listeners) listener.changed(change);
  };
  return {
    registry,
    readings,
    changes,
    tell,
    readingsOf,
    store: async (equipmentId: string, secondsAgo: readonly number[]) => {
      await registry.add([{ equipmentId, metric: 'value' }]);
      await readings.putAll(readingsOf(equipmentId, secondsAgo));
    },
    hear: (equipmentId: string, secondsAgo: readonly number[]) =>
      tell({ kind: 'readings', equipmentId, readings: readingsOf(equipmentId, secondsAgo) }),
    list: async (query: Partial<FleetQuery> = {}, waitMs = 1000) =>
      states.list({ ...BY_ID, ...query }, waitMs, new AbortController().signal),
    idsOf: async (query: Partial<FleetQuery> = {}) => {
      const { places } = await states.list(
        { ...BY_ID, ...query },
        1000,
        new AbortController().signal,
      );
      return places.map(({ equipmentId }) => equipmentId).join(' ');
    },
  };
}

async function aFleet() {
  const fleet = start();
  await fleet.store('A', [30, 90, 150]);
  await fleet.store('B', [4000, 4060, 4120]);
  await fleet.store('C', [200, 260, 320]);
  await fleet.store('D', [5]);
  return fleet;
}

describe('the states of a fleet', () => {
  it('are counted, and one of them is chosen', async () => {
    const { list, idsOf } = await aFleet();

    const { counts, pending } = await list();

    expect(counts).toEqual({ 'on-time': 1, late: 1, silent: 1, unknown: 1 });
    expect(pending).toBe(0);
    expect(await idsOf({ state: 'silent' })).toBe('B');
    expect(await idsOf({ search: 'b' })).toBe('B');
    expect(await idsOf({ restriction: new EquipmentRestriction(['C', 'D*']) })).toBe('C D');
  });

  it.each<[FleetQuery['sort'], string, string]>([
    ['equipmentId', 'A B C D', 'D C B A'],
    ['state', 'B C A D', 'D A C B'],
    ['lastTimestamp', 'B C A D', 'D A C B'],
    ['usualGap', 'A B C D', 'D A B C'],
  ])('are sorted by %s, both ways, and read page by page', async (sort, ascending, descending) => {
    const { list, idsOf } = await aFleet();

    expect(await idsOf({ sort })).toBe(ascending);
    expect(await idsOf({ sort, isDescending: true })).toBe(descending);
    const first = await list({ sort, limit: 3 });
    const second = await list({ sort, limit: 3, after: first.next });
    expect([...first.places, ...second.places].map(({ equipmentId }) => equipmentId)).toEqual(
      ascending.split(' '),
    );
    expect(second.next).toBeUndefined();
  });

  it('are asked of the store once, and follow what is heard', async () => {
    const { readings, hear, idsOf } = await aFleet();
    expect(await idsOf({ state: 'silent' })).toBe('B');
    const before = readings.lookups;

    hear('B', [10]);

    expect(await idsOf({ state: 'silent' })).toBe('');
    expect(await idsOf({ state: 'on-time' })).toBe('A B');
    expect(readings.lookups).toBe(before);
  });

  it('are looked at again where readings were removed or imported, and where equipment is new', async () => {
    const { readings, store, tell, hear, idsOf } = await aFleet();
    await idsOf();
    readings.remove('A', timestampAgo(30));
    await store('E', [1, 2]);

    tell({
      kind: 'removed',
      equipmentId: 'A',
      timestamp: timestampAgo(30),
      acceptedAt: timestampAgo(0),
    });
    hear('E', [1]);

    await expect.poll(() => idsOf({ sort: 'lastTimestamp', isDescending: true })).toBe('E D A C B');
  });

  it('lose nothing that is heard while they are read', async () => {
    const { readings, store, hear, readingsOf, list, idsOf } = start();
    await store('A', [4000, 4060, 4120]);
    const { promise, resolve } = Promise.withResolvers<void>();
    readings.held = promise;
    expect((await list({}, 10)).pending).toBe(1);

    await readings.putAll(readingsOf('A', [5]));
    hear('A', [5]);
    resolve();

    await expect.poll(() => idsOf({ state: 'on-time' })).toBe('A');
  });

  it('lose nothing of equipment that is looked at again', async () => {
    const { readings, tell, hear, readingsOf, idsOf } = await aFleet();
    await idsOf();
    const { promise, resolve } = Promise.withResolvers<void>();
    readings.held = promise;
    const acceptedAt = timestampAgo(0);
    tell({ kind: 'removed', equipmentId: 'B', timestamp: timestampAgo(4120), acceptedAt });
    await delay(5);

    await readings.putAll(readingsOf('B', [5]));
    hear('B', [5]);
    resolve();

    await expect.poll(() => idsOf({ state: 'silent' })).toBe('');
  });

  it('say how much is not looked at yet', async () => {
    const fleet = await aFleet();
    fleet.readings.held = new Promise(() => undefined);

    const { places, pending } = await fleet.list({}, 10);

    expect([places, pending]).toEqual([[], 4]);
    const restriction = new EquipmentRestriction(['C', 'X*']);
    expect((await fleet.list({ restriction }, 10)).pending).toBe(1);
  });

  it('are looked at anew once something may have been missed', async () => {
    const { readings, changes, readingsOf, idsOf } = await aFleet();
    expect(await idsOf({ state: 'silent' })).toBe('B');
    await readings.putAll(readingsOf('B', [10]));

    for (const listener of changes.listeners) listener.lost();

    expect(await idsOf({ state: 'silent' })).toBe('');
  });

  it('are never said to be whole after a look that was cut short', async () => {
    const { readings, changes, store, list } = start();
    for (let one = 10; one < 30; one += 1) await store(`E${one}`, [10, 70, 130]);
    const { promise, resolve } = Promise.withResolvers<void>();
    readings.held = promise;
    const asking = list();
    await expect.poll(() => readings.lookups).toBe(16);

    for (const listener of changes.listeners) listener.lost();
    resolve();

    expect((await asking).pending).toBeGreaterThan(0);
    expect(await list()).toMatchObject({ pending: 0, counts: { 'on-time': 20 } });
  });

  it('are looked at every so often where nobody tells of changes', async () => {
    const { readings, changes, store, readingsOf, idsOf } = start({ unfollowedMs: 50 });
    changes.isOut = true;
    await store('B', [4000, 4060, 4120]);
    expect(await idsOf({ state: 'silent' })).toBe('B');

    await readings.putAll(readingsOf('B', [10]));

    await expect.poll(() => idsOf({ state: 'silent' })).toBe('');
  });

  it('of more equipment than fits are refused', async () => {
    const { store, list } = start({ mostEquipment: 2 });
    for (const id of ['A', 'B', 'C']) await store(id, [1, 2]);

    await expect(list()).rejects.toMatchObject({ kind: 'invalid', code: 'fleet-too-large' });
    await expect(list()).rejects.toMatchObject({ code: 'fleet-too-large' });
  });

  it('are looked at anew after a refusal: equipment may be gone', async () => {
    const { registry, store, list, idsOf } = start({ mostEquipment: 2, unfollowedMs: 50 });
    for (const id of ['A', 'B', 'C']) await store(id, [1]);
    await expect(list()).rejects.toMatchObject({ code: 'fleet-too-large' });

    registry.gone.add('C');

    await expect.poll(() => idsOf().catch(({ code }) => code)).toBe('A B');
  });

  it('are refused once more is heard of than fits', async () => {
    const { store, hear, list } = start({ mostEquipment: 2 });
    for (const id of ['A', 'B']) await store(id, [1, 2]);
    expect((await list()).places).toHaveLength(2);

    hear('A', [0]);
    expect((await list()).places).toHaveLength(2);
    hear('C', [1]);

    await expect(list()).rejects.toMatchObject({ code: 'fleet-too-large' });
  });

  it('fit as long as no more is there at one time', async () => {
    const { readings, store, hear, tell, list, idsOf } = start({ mostEquipment: 2 });
    for (const id of ['A', 'B']) await store(id, [1]);
    await list();
    const acceptedAt = timestampAgo(0);

    for (const [gone, next] of [
      ['A', 'C'],
      ['C', 'D'],
    ] as const) {
      readings.remove(gone, timestampAgo(1));
      tell({ kind: 'removed', equipmentId: gone, timestamp: timestampAgo(1), acceptedAt });
      await expect.poll(() => idsOf()).toBe('B');
      await store(next, [1]);
      hear(next, [1]);
      await expect.poll(() => idsOf()).toBe(`B ${next}`);
    }
  });

  it('stay unknown while the store does not answer, and come once it does', async () => {
    const { readings, store, list, idsOf } = start();
    await store('A', [30, 90]);
    const range = readings.range.bind(readings);
    readings.range = () => Promise.reject(new Error('down'));
    expect((await list({}, 10)).pending).toBe(1);

    readings.range = range;

    await expect.poll(() => idsOf({ state: 'on-time' }), { timeout: 3000 }).toBe('A');
  });
});

describe('the states of equipment that a restriction allows', () => {
  const own = new EquipmentRestriction(['A', 'B*']);

  it('are the same, with as many calls to the store, however much other equipment there is', async () => {
    const answers = await Promise.all(
      [0, 3, 30].map(async (others) => {
        const { readings, store, list } = start({ mostEquipment: 4 });
        for (const id of ['A', 'B1', 'B2']) await store(id, [10, 70, 130]);
        for (let other = 0; other < others; other += 1) await store(`C${other}`, [5, 10]);
        const page = await list({ restriction: own });
        return { page, lookups: readings.lookups };
      }),
    );

    expect(answers[0]?.page).toMatchObject({ counts: { 'on-time': 3 }, pending: 0 });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('stay so when more is heard of other equipment than fits', async () => {
    const { store, hear, list, idsOf } = start({ mostEquipment: 2 });
    for (const id of ['A', 'B1']) await store(id, [10, 70, 130]);
    const before = await list({ restriction: own });

    for (const id of ['C', 'D', 'E']) hear(id, [1]);

    expect(await list({ restriction: own })).toEqual(before);
    await store('B2', [1]);
    hear('B2', [1]);
    await expect
      .poll(() => idsOf({ restriction: own }).catch((error: { code: string }) => error.code))
      .toBe('fleet-too-large');
  });

  it('are shared by callers who may read the same, and followed', async () => {
    const { readings, store, hear, idsOf } = start();
    for (const id of ['A', 'B1', 'C']) await store(id, [4000, 4060, 4120]);
    await idsOf({ restriction: own });
    const before = readings.lookups;

    hear('B1', [10]);

    const same = new EquipmentRestriction(['B*', 'A']);
    expect(await idsOf({ state: 'silent', restriction: same })).toBe('A');
    expect(readings.lookups).toBe(before);
  });

  it('are never said to be whole when they had to make room for others', async () => {
    const { readings, store, list } = start({ mostEquipment: 3 });
    for (const id of ['A1', 'A2', 'B1', 'B2']) await store(id, [10, 70, 130]);
    const { promise, resolve } = Promise.withResolvers<void>();
    readings.held = promise;
    const first = list({ restriction: new EquipmentRestriction(['A*']) });
    await expect.poll(() => readings.lookups).toBe(2);

    const second = list({ restriction: new EquipmentRestriction(['B*']) });
    await expect.poll(() => readings.lookups).toBe(4);
    resolve();

    expect((await first).pending).toBeGreaterThan(0);
    expect(await second).toMatchObject({ pending: 0, counts: { 'on-time': 2 } });
  });

  it.each<[string, Partial<FleetStatesOptions>]>([
    ['more equipment than fits', { mostEquipment: 4 }],
    ['more restrictions than are kept', { mostRestrictions: 2 }],
  ])(
    'are forgotten for others with %s, those asked for longest ago first',
    async (_name, options) => {
      const { readings, store, idsOf } = start(options);
      for (const id of ['A1', 'A2', 'B1', 'B2', 'C1', 'C2']) await store(id, [1, 2]);
      const lookupsFor = async (entry: string) => {
        const before = readings.lookups;
        await idsOf({ restriction: new EquipmentRestriction([entry]) });
        return readings.lookups - before;
      };
      for (const entry of ['A*', 'B*']) await lookupsFor(entry);
      expect(await lookupsFor('A*')).toBe(0);

      expect(await lookupsFor('C*')).toBe(2);

      expect(await lookupsFor('A*')).toBe(0);
      expect(await lookupsFor('B*')).toBe(2);
    },
  );
});
