import { EquipmentRestriction } from '@sensorflow/auth';
import { parseInstant, type Instant } from '@sensorflow/kernel';
import type { AcceptedChange } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { changesFor } from './feed-filter.js';

const AT = instant('2026-11-30T08:00:00Z');

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

function readings(equipmentId: string, ...metrics: readonly string[]): AcceptedChange {
  const values = new Map(metrics.map((metric, index) => [metric, index]));
  const reading = { equipmentId, timestamp: AT, values, tags: new Map(), registerTime: AT };
  return { kind: 'readings', equipmentId, readings: [reading] };
}

function byEquipment(...changes: readonly AcceptedChange[]) {
  return Map.groupBy(changes, ({ equipmentId }) => equipmentId);
}

describe('what a feed is about', () => {
  it('is everything unless something is named', () => {
    const changes = [readings('EQ-1', 'a'), readings('EQ-2', 'b')];

    expect(changesFor({}, byEquipment(...changes))).toEqual(changes);
  });

  it('is the equipment that is named, and never what the caller may not read', () => {
    const changes = byEquipment(readings('EQ-1', 'a'), readings('EQ-2', 'a'), readings('X', 'a'));
    const equipmentIds = new Set(['EQ-1', 'X']);
    const restriction = new EquipmentRestriction(['EQ-*']);

    const found = (filter: Parameters<typeof changesFor>[0]) =>
      changesFor(filter, changes).map(({ equipmentId }) => equipmentId);

    expect(found({ equipmentIds })).toEqual(['EQ-1', 'X']);
    expect(found({ restriction })).toEqual(['EQ-1', 'EQ-2']);
    expect(found({ equipmentIds, restriction })).toEqual(['EQ-1']);
  });

  it('is the metrics that are named, without readings that have none of them', () => {
    const removed = {
      kind: 'removed',
      equipmentId: 'EQ-1',
      timestamp: AT,
      acceptedAt: AT,
    } as const;
    const range = { kind: 'changed', equipmentId: 'EQ-1', from: AT, to: AT } as const;
    const changes = byEquipment(
      readings('EQ-1', 'a', 'b'),
      readings('EQ-1', 'c'),
      removed,
      { ...removed, metric: 'b' },
      { ...removed, metric: 'a' },
      range,
    );

    const found = changesFor({ metrics: new Set(['b']) }, changes);

    expect(found).toMatchObject([
      { kind: 'readings', readings: [{ values: new Map([['b', 1]]) }] },
      { kind: 'removed' },
      { kind: 'removed', metric: 'b' },
      { kind: 'changed' },
    ]);
  });
});
