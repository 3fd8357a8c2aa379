import type { HourMetrics, MetricAggregate } from '@sensorflow/aggregation';
import type { WorkBudget } from '@sensorflow/kernel';
import { differencesAt, type AggregateKey, type Difference } from './difference.js';

/** What one comparison found. */
export interface ComparisonResult {
  /** Aggregates compared, on all levels. */
  readonly checked: number;
  /** At most MOST_DIFFERENCES of them. */
  readonly differences: readonly Difference[];
  /** Equipment-hours marked as too large to show, which have nothing to compare. */
  readonly tooLarge: number;
}

/** One comparison lists no more than these: about 4 MB. */
export const MOST_DIFFERENCES = 10_000;

/** The result of a comparison while it runs. */
export class RunningComparison implements ComparisonResult {
  checked = 0;
  tooLarge = 0;
  readonly differences: Difference[] = [];
  /** Metrics whose sums are to be compared. */
  readonly sought = new Set<string>();

  constructor(readonly budget: WorkBudget) {}

  seek(metrics: Iterable<string> = []): void {
    for (const metric of metrics) this.sought.add(metric);
  }

  compare(
    key: AggregateKey,
    stored: MetricAggregate | undefined,
    recomputed: MetricAggregate | undefined,
  ): void {
    if (!stored && !recomputed) return;
    this.checked += 1;
    if (this.differences.length >= MOST_DIFFERENCES) return;
    this.differences.push(...differencesAt(key, stored, recomputed));
  }

  compareAll(
    key: Omit<AggregateKey, 'metric'>,
    stored: HourMetrics,
    recomputed: HourMetrics,
  ): void {
    for (const metric of new Set([...stored.keys(), ...recomputed.keys()])) {
      this.compare({ ...key, metric }, stored.get(metric), recomputed.get(metric));
    }
  }
}
