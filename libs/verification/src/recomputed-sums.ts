import {
  merge,
  sumId,
  type Hour,
  type HourMetrics,
  type MetricAggregate,
  type SumOf,
} from '@sensorflow/aggregation';

interface RecomputedSum extends SumOf {
  readonly aggregate: MetricAggregate;
}

/** What the readings of some hours add up to, by metric, for each shard-hour and fleet-hour. */
export class RecomputedSums {
  private readonly sums = new Map<string, Map<string, RecomputedSum>>();

  /** Adds one equipment's hour. */
  add(hour: Hour, shard: number, metrics: HourMetrics): void {
    for (const [metric, aggregate] of metrics) {
      this.addTo({ metric, hour, shard }, aggregate);
      this.addTo({ metric, hour }, aggregate);
    }
  }

  metrics(): Iterable<string> {
    return this.sums.keys();
  }

  /** By sumId. */
  of(metric: string): ReadonlyMap<string, RecomputedSum> {
    return this.sums.get(metric) ?? new Map();
  }

  private addTo(of: SumOf, aggregate: MetricAggregate): void {
    const ofMetric = this.sums.get(of.metric) ?? new Map<string, RecomputedSum>();
    const id = sumId(of);
    const before = ofMetric.get(id)?.aggregate;
    ofMetric.set(id, { ...of, aggregate: before ? merge(before, aggregate) : aggregate });
    this.sums.set(of.metric, ofMetric);
  }
}
