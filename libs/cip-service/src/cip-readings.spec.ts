import { EquipmentRestriction } from '@sensorflow/auth';
import { KnownEquipment } from '@sensorflow/equipment';
import { WorkBudget } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { sensorDataInMemory } from '../../../test/support/sensor-data-in-memory.js';
import { CipReadings } from './cip-readings.js';
import { LatelyActive } from './lately-active.js';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const MINUTE_MS = 60_000;
const clock = new FixedClock('2026-11-30T12:00:00Z');

class Active extends LatelyActive {
  constructor(private readonly equipmentIds: readonly string[]) {
    super();
  }

  override async newest(): Promise<Iterable<string>> {
    return this.equipmentIds;
  }
}

/** Sensors by the minutes for which they have been silent. */
async function sensors(
  silentFor: Readonly<Record<string, readonly number[]>>,
  tooCostly: readonly string[] = [],
) {
  const store = new InMemoryReadingStore();
  for (const equipmentId of tooCostly) store.tooCostly.add(equipmentId);
  const registry = new InMemoryEquipmentRegistry();
  for (const [equipmentId, minutes] of Object.entries(silentFor)) {
    await store.putAll(
      minutes.map((ago) =>
        aStoredReading({
          equipmentId,
          timestamp: new Date(NOW - ago * MINUTE_MS).toISOString(),
          values: { temperature: ago },
        }),
      ),
    );
    await registry.add([{ equipmentId, metric: 'temperature' }]);
  }
  const equipment = new KnownEquipment(registry, store);
  const active = new Active(Object.keys(silentFor));
  const readings = new CipReadings(
    sensorDataInMemory().sensorData,
    store,
    equipment,
    active,
    clock,
  );
  const budget = new WorkBudget(new AbortController().signal, clock);
  return async (limit: number, restriction?: EquipmentRestriction) =>
    (await readings.recent(limit, restriction, budget)).map(
      ({ equipmentId, values }) => `${equipmentId} ${values.get('temperature')}`,
    );
}

describe('the recent readings', () => {
  it('are those of other sensors where one costs too much to look at', async () => {
    const recent = await sensors({ A: [1], B: [2] }, ['A']);

    expect(await recent(10)).toEqual(['B 2']);
  });

  it('are the newest of the last day, of whichever sensors, the newest first', async () => {
    const recent = await sensors({
      'A-silent': [24 * 60 + 1],
      'B-slow': [600, 1400, 1500],
      'Z-busy': [1, 2, 3],
      none: [],
    });

    expect(await recent(10)).toEqual([
      'Z-busy 1',
      'Z-busy 2',
      'Z-busy 3',
      'B-slow 600',
      'B-slow 1400',
    ]);
    expect(await recent(2)).toEqual(['Z-busy 1', 'Z-busy 2']);
  });

  it('are those of the 20 sensors that sent something last', async () => {
    const names = Array.from(
      { length: 30 },
      (_, number) => [`S-${number}`, [30 - number]] as const,
    );
    const recent = await sensors(Object.fromEntries(names));

    const shown = await recent(1000);

    expect(shown).toHaveLength(20);
    expect([shown[0], shown.at(-1)]).toEqual(['S-29 1', 'S-10 20']);
  });

  it('are of the sensors that a restricted caller may read alone', async () => {
    const recent = await sensors({ 'LINE-1:a': [5], 'LINE-2:a': [1] });

    expect(await recent(10, new EquipmentRestriction(['LINE-1:*']))).toEqual(['LINE-1:a 5']);
  });
});
