import {
  HOUR_SEALED,
  parseHour,
  RecomputationPool,
  type EquipmentHour,
  type HourRecomputer,
} from '@sensorflow/aggregation';
import { HourRecomputation, type ImportedHour } from '@sensorflow/csv-import';
import type { Clock } from '@sensorflow/kernel';

/** Recomputes hours as the stream's consumer does; both may, also at once. Waits for a store that throttles. */
export class AggregateRecomputation extends HourRecomputation {
  private readonly pool: RecomputationPool;

  constructor(
    private readonly hours: Pick<HourRecomputer, 'recomputeHour'>,
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
    let sealed = 0;
    const failures: unknown[] = [];
    await this.pool.run(hours.map(namedHour), deadlineEpochMs, {
      recompute: async (cell) => {
        // Whoever failed for good leaves the others to the next run.
        if (failures.length > 0) return;
        const outcome = await this.hours.recomputeHour(cell, deadlineEpochMs);
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
