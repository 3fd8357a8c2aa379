import {
  HOUR_SEALED,
  parseHour,
  RecomputationPool,
  type ClosingProgress,
  type EquipmentHour,
  type HourRecomputer,
} from '@sensorflow/aggregation';
import { HourRecomputation, type ImportedHour } from '@sensorflow/csv-import';
import type { Clock } from '@sensorflow/kernel';

/**
 * Recomputes hours as the stream's consumer does; both may do it at once. Waits for a throttled store. Hours that are not
 * closed are left out: readers fold them, and their closing recomputes them.
 */
export class AggregateRecomputation extends HourRecomputation {
  private readonly pool: RecomputationPool;

  constructor(
    private readonly hours: Pick<HourRecomputer, 'recomputeHour'>,
    private readonly closing: Pick<ClosingProgress, 'read'>,
    clock: Clock,
    random?: () => number,
  ) {
    super();
    this.pool = new RecomputationPool(clock, random);
  }

  override async recompute(
    hours: readonly ImportedHour[],
    deadlineEpochMs: number,
  ): Promise<number> {
    // Behind the changes: an hour that is not closed by now is recomputed when it is.
    const frontier = await this.closing.read('frontier');
    const closed = hours.map(namedHour).filter(({ hour }) => hour < frontier);
    let sealed = 0;
    const failures: unknown[] = [];
    await this.pool.run(closed, deadlineEpochMs, {
      recompute: async (cell) => {
        // After a permanent failure, the rest is left to the next run.
        if (failures.length > 0) return;
        const outcome = await this.hours.recomputeHour(cell, deadlineEpochMs, { frontier });
        if (outcome === HOUR_SEALED) sealed += 1;
      },
      fail: (_cell, error) => failures.push(error),
    });
    if (failures.length > 0) throw failures[0];
    return sealed;
  }
}

function namedHour({ equipmentId, hour: text }: ImportedHour): EquipmentHour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`the manifest names no hour: ${text}`);
  return { equipmentId, hour };
}
