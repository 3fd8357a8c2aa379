import { hourOfEpochMs, hourPlus, type Hour, type HourRange } from '@sensorflow/aggregation';
import { WorkBudget } from '@sensorflow/kernel';
import { expect, describe, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { AggregatedActivity } from './aggregated-activity.js';

const NOW = '2026-11-30T01:55:00Z';
const THIS_HOUR = hourOfEpochMs(Date.parse(NOW));

class ScannedStore extends InMemoryAggregateStore {
  readonly scanned: HourRange[] = [];

  override scanEquipment(range: HourRange): AsyncGenerator<readonly string[]> {
    this.scanned.push(range);
    return super.scanEquipment(range);
  }
}

async function activityOf(hours: Readonly<Record<string, Hour>>) {
  const store = new ScannedStore();
  for (const [equipmentId, hour] of Object.entries(hours)) {
    await store.replaceCell({ equipmentId, hour, version: 1, metrics: new Map() });
  }
  const clock = new FixedClock(NOW);
  const activity = new AggregatedActivity(store, clock);
  const budget = new WorkBudget(new AbortController().signal, clock);
  return { store, newest: async (enough: number) => [...(await activity.newest(enough, budget))] };
}

describe('equipment that was active lately', () => {
  it('is all of the last 24 hours where that is little, and of a clock ahead', async () => {
    const { newest, store } = await activityOf({
      'A-days-ago': hourPlus(THIS_HOUR, -30),
      'B-yesterday': hourPlus(THIS_HOUR, -24),
      'C-midnight': hourPlus(THIS_HOUR, -2),
      'D-now': THIS_HOUR,
      'E-ahead': hourPlus(THIS_HOUR, 1),
    });

    expect(await newest(200)).toEqual(['E-ahead', 'D-now', 'C-midnight', 'B-yesterday']);
    for (const { from, to } of store.scanned) {
      expect(from.slice(0, 10)).toBe(hourPlus(to, -1).slice(0, 10));
    }
  });

  it('is that of the newest hours where there is more, whatever its name', async () => {
    const { newest } = await activityOf({
      'A-old': hourPlus(THIS_HOUR, -5),
      'Y-now': THIS_HOUR,
      'Z-now': THIS_HOUR,
    });

    expect(await newest(2)).toEqual(['Y-now', 'Z-now']);
  });
});
