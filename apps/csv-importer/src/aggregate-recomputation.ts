import { HOUR_SEALED, parseHour, type HourRecomputer } from '@sensorflow/aggregation';
import { HourRecomputation, type ImportedHour } from '@sensorflow/csv-import';
import { inParallel } from '@sensorflow/kernel';

/** Enough to hide the store's latency. */
const CONCURRENCY = 8;

/** Recomputes hours as the stream's consumer does; both may, also at once. */
export class AggregateRecomputation extends HourRecomputation {
  constructor(private readonly hours: Pick<HourRecomputer, 'recomputeHour'>) {
    super();
  }

  override async recompute(
    hours: readonly ImportedHour[],
    deadlineEpochMs: number,
  ): Promise<number> {
    let sealed = 0;
    await inParallel(hours, CONCURRENCY, async ({ equipmentId, hour: text }) => {
      const hour = parseHour(text);
      if (hour === undefined) throw new Error(`the manifest names no hour: ${text}`);
      const outcome = await this.hours.recomputeHour({ equipmentId, hour }, deadlineEpochMs);
      if (outcome === HOUR_SEALED) sealed += 1;
    });
    return sealed;
  }
}
