import {
  together,
  type Hour,
  type HourMetrics,
  type MetricAggregate,
  type SumOf,
} from '@sensorflow/aggregation';

interface RecomputedSum extends SumOf {
  readonly aggregate: MetricAggregate;
}

/** What the readings of some hours amount to, by metric, hour and shard, and of the fleet. */
export class RecomputedSums {
  private readonly sums = new Map<string, Map<string, RecomputedSum>>();

  /** Text that is equal for two sums of a metric exactly when they are one. */
  static keyOf(hour: Hour, shard: number | undefined): string {
    return `${hour}#${shard ?? 'fleet'}`;
  }

  /** One equipment's hour. */
  add(hour: Hour, shard: number, metrics: HourMetrics): void {
    for (const [metric, aggregate] of metrics) {
      this.addTo({ metric, hour, shard }, aggregate);
      this.addTo({ metric, hour }, aggregate);
    }
  }

  metrics(): Iterable<string> {
    return this.sums.keys();
  }

  of(metric: string): ReadonlyMap<string, RecomputedSum> {
    return this.sums.get(metric) ?? new Map();
  }

  private addTo(of: SumOf, aggregate: MetricAggregate): void {
    const ofMetric = this.sums.get(of.metric) ?? new Map<string, RecomputedSum>();
    const key = RecomputedSums.keyOf(of.hour, of.shard);
    const before = ofMetric.get(key)?.aggregate;
    ofMetric.set(key, { ...of, aggregate: before ? together(before, aggregate) : aggregate });
    this.sums.set(of.metric, ofMetric);
  }
}
