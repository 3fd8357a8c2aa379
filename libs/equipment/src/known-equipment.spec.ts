import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { anInstant, aStoredReading } from '../../../test/support/readings.js';
import { EquipmentRegistrar } from './equipment-registrar.js';
import type { EquipmentQuery } from './equipment-pages.js';
import { EQUIPMENT_LIMITS, KnownEquipment, type EquipmentPage } from './known-equipment.js';

/** Counts what a page costs. */
class CountingReadings extends InMemoryReadingStore {
  lookups = 0;

  override async latest(equipmentId: string) {
    this.lookups += 1;
    return super.latest(equipmentId);
  }
}

function start() {
  const registry = new InMemoryEquipmentRegistry();
  const readings = new CountingReadings();
  const known = new KnownEquipment(registry, readings);
  const equipment = { list: async (query: EquipmentQuery) => known.list(query, aBudget()) };
  return { registry, readings, known, equipment };
}

function aBudget({ signal = new AbortController().signal, limits = EQUIPMENT_LIMITS } = {}) {
  return new WorkBudget(signal, new SystemClock(), limits);
}

function anId(number: number): string {
  return `EQ-${String(number).padStart(5, '0')}`;
}

async function withReadings(
  { registry, readings }: ReturnType<typeof start>,
  presence: readonly boolean[],
): Promise<void> {
  const ids = presence.map((_, number) => anId(number));
  const registrar = new EquipmentRegistrar(registry, new SystemClock());
  await registrar.register(ids.map((equipmentId) => ({ equipmentId, metric: 'value' })));
  for (const [number, isThere] of presence.entries()) {
    if (isThere) await readings.putAll([aStoredReading({ equipmentId: anId(number) })]);
  }
}

function idsOf({ items }: EquipmentPage): readonly string[] {
  return items.map(({ equipmentId }) => equipmentId);
}

describe('known equipment', () => {
  it('is shown with all its metrics and its first and last reading', async () => {
    const { registry, readings, equipment } = start();
    await registry.add([
      { equipmentId: 'EQ-1', metric: 'temperature' },
      { equipmentId: 'EQ-1', metric: 'pressure' },
    ]);
    for (const hour of ['07', '05', '06']) {
      const timestamp = `2023-02-15T${hour}:00:00Z`;
      await readings.putAll([aStoredReading({ equipmentId: 'EQ-1', timestamp })]);
    }

    expect(await equipment.list({ limit: 10 })).toEqual({
      items: [
        {
          equipmentId: 'EQ-1',
          metrics: ['pressure', 'temperature'],
          hasMoreMetrics: false,
          firstTimestamp: '2023-02-15T05:00:00.000000000Z',
          lastTimestamp: '2023-02-15T07:00:00.000000000Z',
        },
      ],
      next: undefined,
    });
  });

  it('follows removals at once, and is not listed without any reading', async () => {
    const { registry, readings, equipment } = start();
    await registry.add([{ equipmentId: 'EQ-1', metric: 'value' }]);
    const [early, late] = ['2023-02-15T05:00:00Z', '2023-02-15T07:00:00Z'].map((timestamp) =>
      aStoredReading({ equipmentId: 'EQ-1', timestamp }),
    );
    await readings.putAll([early, late].filter((reading) => reading !== undefined));

    readings.remove('EQ-1', anInstant('2023-02-15T07:00:00Z'));
    const afterOne = await equipment.list({ limit: 10 });
    readings.remove('EQ-1', anInstant('2023-02-15T05:00:00Z'));
    const afterBoth = await equipment.list({ limit: 10 });

    expect(afterOne.items).toMatchObject([{ lastTimestamp: '2023-02-15T05:00:00.000000000Z' }]);
    expect(afterBoth).toEqual({ items: [], next: undefined });
  });

  it('is listed without one whose latest reading costs too much to find', async () => {
    const subject = start();
    await withReadings(subject, [true, true, true]);
    subject.readings.tooCostly.add(anId(1));

    expect(idsOf(await subject.equipment.list({ limit: 10 }))).toEqual([anId(0), anId(2)]);
  });

  it('comes page by page, all that have readings, each once, in order, and no cursor at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 120 }),
        fc.integer({ min: 1, max: 50 }),
        async (presence, limit) => {
          const subject = start();
          await withReadings(subject, presence);

          const pages = [await subject.equipment.list({ limit })];
          for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
            pages.push(await subject.equipment.list({ limit, after: next }));
          }

          const expected = presence.flatMap((isThere, number) => (isThere ? [anId(number)] : []));
          expect(pages.flatMap(idsOf)).toEqual(expected);
          expect(pages).toHaveLength(Math.max(1, Math.ceil(expected.length / limit)));
        },
      ),
    );
  });

  it('looks up little more than a page has', async () => {
    const subject = start();
    await withReadings(
      subject,
      Array.from({ length: 500 }, () => true),
    );

    await subject.equipment.list({ limit: 100 });

    expect(subject.readings.lookups).toBeLessThanOrEqual(108);
  });

  it('ends a page early after a thousand without readings, and the next page continues', async () => {
    const subject = start();
    await withReadings(
      subject,
      Array.from({ length: 3000 }, (_, number) => number === 2999),
    );

    const first = await subject.equipment.list({ limit: 10 });
    const second = await subject.equipment.list({ limit: 10, after: first.next ?? '' });
    const third = await subject.equipment.list({ limit: 10, after: second.next ?? '' });

    expect([idsOf(first), idsOf(second), idsOf(third)]).toEqual([[], [], ['EQ-02999']]);
    expect(third.next).toBeUndefined();
  });

  it('ends a page early when its budget is spent, and the next page continues', async () => {
    const subject = start();
    await withReadings(
      subject,
      Array.from({ length: 100 }, () => true),
    );
    const limits = { storeCalls: 30, ms: 10_000 };

    const first = await subject.known.list({ limit: 100 }, aBudget({ limits }));
    const second = await subject.equipment.list({ limit: 100, after: first.next ?? '' });

    expect(first.items.length).toBeLessThan(100);
    expect([...idsOf(first), ...idsOf(second)]).toHaveLength(100);
    expect(second.next).toBeUndefined();
  });

  it('looks up nothing more once its caller has gone', async () => {
    const subject = start();
    await withReadings(
      subject,
      Array.from({ length: 500 }, () => true),
    );
    const gone = new AbortController();
    const list = subject.known.list({ limit: 500 }, aBudget({ signal: gone.signal }));
    await Promise.resolve();
    gone.abort();

    await expect(list).rejects.toBe(gone.signal.reason);
    expect(subject.readings.lookups).toBeLessThan(50);
  });

  it('gives the metrics of one equipment page by page, each once, in order', async () => {
    const { registry, known } = start();
    const registrar = new EquipmentRegistrar(registry, new SystemClock());
    const metrics = Array.from({ length: 250 }, (_, n) => `m${String(n).padStart(3, '0')}`);
    await registrar.register(metrics.map((metric) => ({ equipmentId: 'EQ-1', metric })));

    const first = await known.metrics({ equipmentId: 'EQ-1', limit: 200 }, aBudget());
    const rest = { equipmentId: 'EQ-1', limit: 200, after: first.next ?? '' };
    const second = await known.metrics(rest, aBudget());

    expect([...first.items, ...second.items]).toEqual(metrics);
    expect(second.next).toBeUndefined();
  });

  it('knows nothing of the metrics of equipment that never sent any', async () => {
    const metrics = start().known.metrics({ equipmentId: 'EQ-9', limit: 10 }, aBudget());

    await expect(metrics).rejects.toMatchObject({ kind: 'not-found', code: 'equipment-unknown' });
  });
});
